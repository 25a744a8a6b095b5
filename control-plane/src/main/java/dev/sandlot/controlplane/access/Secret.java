package dev.sandlot.controlplane.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/// A key in the clear. Shown once, to be kept by its owner; we keep its hash.
public record Secret(String text) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int RANDOM_BYTES = 32;
  private static final int LENGTH_MIN = 32;
  private static final int DISTINCT_MIN = 8;
  private static final int SHOWN = 3;

  /// Stands in published example files of compatible servers.
  private static final Set<String> EXAMPLES =
      Set.of("secret_api_token", "super_secret_key", "proxy-api-key", "ssh-gateway-api-key");

  /// A new key: `dtn_` and 64 hexadecimal digits.
  public static Secret random() {
    byte[] bytes = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(bytes);
    return new Secret("dtn_" + HexFormat.of().formatHex(bytes));
  }

  /// A key that an operator chose.
  ///
  /// @param setting names it in the message
  /// @throws IllegalArgumentException when it can be guessed
  public static Secret chosen(String setting, String text) {
    if (EXAMPLES.contains(text)
        || text.length() < LENGTH_MIN
        || text.chars().distinct().count() < DISTINCT_MIN) {
      throw new IllegalArgumentException(
          setting
              + " can be guessed; use "
              + LENGTH_MIN
              + " or more random characters, such as the output of: openssl rand -hex 32");
    }
    return new Secret(text);
  }

  /// SHA-256, hexadecimal: what is stored and looked up.
  public String hash() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  String prefix() {
    return text.substring(0, SHOWN);
  }

  String suffix() {
    return text.substring(text.length() - SHOWN);
  }

  @Override
  public String toString() {
    return "Secret[…]";
  }
}
