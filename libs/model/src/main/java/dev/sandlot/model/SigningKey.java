package dev.sandlot.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The secret with which clients sign URLs of one sandbox's files
/// (docs/contract/previews.md#signed-file-urls).
///
/// @param text as clients get it; its characters are the key's bytes
public record SigningKey(String text) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int RANDOM_BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";
  private static final String VERSION = "v1_";

  /// @throws IllegalArgumentException when it is empty
  public SigningKey {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("a signing key cannot be empty");
    }
  }

  /// A new random key: `fsk_` and 64 hexadecimal digits.
  public static SigningKey random() {
    byte[] bytes = new byte[RANDOM_BYTES];
    RANDOM.nextBytes(bytes);
    return new SigningKey("fsk_" + HexFormat.of().formatHex(bytes));
  }

  /// The signature of a URL.
  ///
  /// @param method "GET" or "POST"
  /// @param path of the file as the caller names it, decoded
  /// @param expires Unix seconds; 0 for never
  public String sign(String method, String path, long expires) {
    String signed = "v1:files:" + method + ":" + path + ":" + expires;
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(text.getBytes(UTF_8), ALGORITHM));
      byte[] code = mac.doFinal(signed.getBytes(UTF_8));
      return VERSION + Base64.getUrlEncoder().withoutPadding().encodeToString(code);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC with SHA-256", e);
    }
  }

  /// Whether this is the signature, in its one spelling. Takes a time that says nothing about where
  /// they differ.
  public boolean signed(String signature, String method, String path, long expires) {
    return MessageDigest.isEqual(
        sign(method, path, expires).getBytes(UTF_8), signature.getBytes(UTF_8));
  }

  @Override
  public String toString() {
    return "SigningKey[…]";
  }
}
