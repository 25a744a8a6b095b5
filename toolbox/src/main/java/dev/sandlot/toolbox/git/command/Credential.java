package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/// A user name and a password or token for one server.
public record Credential(String username, String password) {
  /// Replaces secrets in messages.
  static final String MASK = "***";

  /// Masks the password in a text, in every encoding in which a server or git may repeat it.
  String maskedIn(String text) {
    String pair = username + ":" + password;
    List<String> forms =
        Stream.of(
                Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)),
                URLEncoder.encode(password, UTF_8),
                URLEncoder.encode(password, UTF_8).replace("+", "%20"),
                password)
            .filter(form -> !form.isEmpty())
            .toList();
    String masked = text;
    for (String form : forms) {
      masked = masked.replace(form, MASK);
    }
    return masked;
  }

  /// Without the password.
  @Override
  public String toString() {
    return "Credential[username=" + username + ", password=" + MASK + "]";
  }
}
