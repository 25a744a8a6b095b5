package dev.sandlot.toolbox.git;

import com.google.re2j.Pattern;
import dev.sandlot.toolbox.call.ToolboxFailures;

/// A request to store a credential for a server.
///
/// @param host with a port if need be
record CredentialRequest(String protocol, String host, String username, String password) {
  private static final Pattern HOST =
      Pattern.compile(
          "(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?");
  private static final int HOST_CHARACTERS_MAX = 300;

  /// @throws RuntimeException the body's refusal of what does not fit
  static CredentialRequest read(GitBody body) {
    String protocol = body.optionalText("protocol").orElse("https");
    String host = body.optionalText("host").orElse("github.com");
    if (!protocol.equals("https") && !protocol.equals("http")) {
      throw ToolboxFailures.badRequest("protocol must be https or http");
    }
    if (host.length() > HOST_CHARACTERS_MAX || !HOST.matcher(host).matches()) {
      throw ToolboxFailures.badRequest("host must be a host name, with a port if need be");
    }
    String username = body.text("username");
    String password = body.text("password");
    GitBody.checkCredential(username, "username");
    GitBody.checkCredential(password, "password");
    return new CredentialRequest(protocol, host, username, password);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "CredentialRequest[protocol=" + protocol + ", host=" + host + "]";
  }
}
