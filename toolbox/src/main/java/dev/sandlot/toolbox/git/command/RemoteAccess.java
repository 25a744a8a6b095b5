package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;

/// How a run of git authenticates to a server (docs/adr/0007).
public sealed interface RemoteAccess {
  /// As the sandbox's own configuration says, for example with what `/git/credentials` stored.
  record Configured() implements RemoteAccess {
    @Override
    public List<String> settings() {
      return List.of();
    }

    @Override
    public Map<String, String> environment() {
      return Map.of();
    }

    @Override
    public String preparation() {
      return "";
    }
  }

  /// A credential for this call alone, sent to this server alone, over a verified connection.
  ///
  /// @param origin scheme, host and port
  record Given(Credential credential, String origin) implements RemoteAccess {
    /// How often git may ask for the credential: after a redirect it asks again.
    private static final int ANSWERS = 8;

    /// A credential helper that reads descriptor 3, in shell built-ins that start no process.
    private static final String HELPER =
        "!f() { [ \"$1\" = get ] && IFS= read -r u <&3 && IFS= read -r p <&3"
            + " && printf 'username=%s\\npassword=%s\\n' \"$u\" \"$p\"; }; f";

    /// The first setting empties the list of helpers, so that no other helper stores the
    /// credential. Automatic maintenance is off because its background process would keep the
    /// descriptor.
    @Override
    public List<String> settings() {
      return List.of(
          "credential.helper=",
          "credential." + origin + ".helper=" + HELPER,
          "http." + origin + ".sslVerify=true",
          "http.sslVerify=true",
          "http.followRedirects=initial",
          "gc.auto=0",
          "maintenance.auto=false");
    }

    @Override
    public Map<String, String> environment() {
      return Map.of("GIT_ASKPASS", "", "SSH_ASKPASS", "");
    }

    /// Moves git's input, which holds the credential, to descriptor 3, where only the helper reads.
    @Override
    public String preparation() {
      return "unset GIT_SSL_NO_VERIFY; exec 3<&0 </dev/null";
    }

    byte[] input() {
      String answer = credential.username() + "\n" + credential.password() + "\n";
      return answer.repeat(ANSWERS).getBytes(UTF_8);
    }
  }

  /// A server whose certificate is not verified. No credential is sent to it.
  ///
  /// @param origin scheme, host and port
  record Unverified(String origin) implements RemoteAccess {
    @Override
    public List<String> settings() {
      return List.of(
          "credential.helper=",
          "http.extraHeader=",
          "http." + origin + ".extraHeader=",
          "http.cookieFile=",
          "http." + origin + ".sslVerify=false",
          "http.sslVerify=false");
    }

    @Override
    public Map<String, String> environment() {
      return Map.of("GIT_ASKPASS", "", "SSH_ASKPASS", "");
    }

    /// Without a home, git's library finds no `.netrc` there.
    @Override
    public String preparation() {
      return "export GIT_CONFIG_GLOBAL=\"${GIT_CONFIG_GLOBAL:-$HOME/.gitconfig}\" HOME=/dev/null";
    }
  }

  /// Settings for git's `-c`.
  List<String> settings();

  /// Variables in addition to those of every run.
  Map<String, String> environment();

  /// Shell commands to run before git; empty for none.
  String preparation();
}
