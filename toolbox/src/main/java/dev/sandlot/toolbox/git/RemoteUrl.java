package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.toolbox.call.PlainText;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.git.command.Credential;
import dev.sandlot.toolbox.git.command.GitLimits;
import dev.sandlot.toolbox.git.command.RemoteAccess;
import java.net.URLDecoder;
import java.util.Locale;
import java.util.Optional;

/// Where a repository is: a URL, `host:path` for SSH, or a folder of the sandbox.
///
/// @param text without a password
/// @param origin scheme, host and port of a web server; empty for anything else
/// @param embedded the credential that the URL held
record RemoteUrl(String text, Optional<String> origin, Optional<Credential> embedded) {
  /// The only form of web addresses that is accepted: one that we and git's libraries parse
  /// differently could send a credential to the wrong host.
  private static final Pattern WEB =
      Pattern.compile(
          "(?<scheme>https?)://"
              + "(?:(?<user>[^/?#@:\\\\\\s]*)(?::(?<password>[^/?#@\\\\\\s]*))?@)?"
              + "(?<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])"
              + "(?<port>:[0-9]{1,5})?"
              + "(?<rest>[/?][^\\\\\\s[:cntrl:]]*)?");

  private static final Pattern OTHER_WITH_PASSWORD =
      Pattern.compile("[A-Za-z0-9+.-]+://[^/]*:[^/]*@.*");

  /// Parses the URL of a call.
  static RemoteUrl of(String text) {
    int max = GitLimits.STANDARD.urlCharactersMax();
    if (text.length() > max) {
      throw ToolboxFailures.badRequest("url is longer than " + max + " characters");
    }
    if (text.startsWith("-") || PlainText.holdsControls(text)) {
      throw ToolboxFailures.badRequest(
          "url must not begin with a hyphen or hold control characters");
    }
    Matcher web = WEB.matcher(text);
    if (web.matches()) {
      return web(text, web);
    }
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.startsWith("http:") || lower.startsWith("https:")) {
      throw ToolboxFailures.badRequest(
          "url must be like https://host/path, with special characters percent-encoded");
    }
    if (OTHER_WITH_PASSWORD.matcher(text).matches()) {
      throw ToolboxFailures.badRequest("url must not hold a password");
    }
    return new RemoteUrl(text, Optional.empty(), Optional.empty());
  }

  private static RemoteUrl web(String text, Matcher web) {
    String port = Optional.ofNullable(web.group("port")).orElse("");
    String origin = web.group("scheme") + "://" + web.group("host") + port;
    String rest = Optional.ofNullable(web.group("rest")).orElse("");
    String password = web.group("password");
    if (password == null || password.isEmpty()) {
      return new RemoteUrl(text, Optional.of(origin), Optional.empty());
    }
    Credential embedded =
        new Credential(
            decoded(Optional.ofNullable(web.group("user")).orElse("")), decoded(password));
    return new RemoteUrl(origin + rest, Optional.of(origin), Optional.of(embedded));
  }

  private static String decoded(String text) {
    try {
      String plain = URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
      GitBody.checkCredential(plain, "url");
      return plain;
    } catch (IllegalArgumentException _) {
      throw ToolboxFailures.badRequest("url holds a percent sign that encodes nothing");
    }
  }

  /// The credential that a run of git may send to this server.
  ///
  /// @param credential the call's own
  RemoteAccess access(Optional<Credential> credential) {
    Optional<Credential> chosen = credential.or(() -> embedded);
    if (chosen.isEmpty()) {
      return new RemoteAccess.Configured();
    }
    String server =
        origin.orElseThrow(() ->
            ToolboxFailures.badRequest(
                "username and password are for http and https only, and the remote is neither;"
                    + " leave them out"));
    return new RemoteAccess.Given(chosen.get(), server);
  }

  /// Without the password.
  @Override
  public String toString() {
    return text;
  }
}
