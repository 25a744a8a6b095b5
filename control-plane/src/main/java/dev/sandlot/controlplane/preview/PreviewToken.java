package dev.sandlot.controlplane.preview;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The preview token of one port of one sandbox, derived from the sandbox's secret: whoever holds
/// it learns nothing of the tokens of other ports.
final class PreviewToken {
  /// Where the toolbox answers.
  private static final int TOOLBOX = 2280;

  /// Clients in browsers cannot set headers on a WebSocket: they ask for the token of this port,
  /// where nothing listens, and send it to the toolbox (docs/contract/clients.md#all). So its token
  /// is the toolbox's.
  private static final int ASKED_FOR_THE_TOOLBOX = 1;

  private static final String ALGORITHM = "HmacSHA256";
  private static final String PURPOSE = "preview-token-1:";
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

  /// Each character stands for five bits: 160 in all.
  private static final int LENGTH = 32;

  private static final int BITS = 5;

  private PreviewToken() {}

  /// The token that opens this port: 32 characters of `[a-z0-9]`.
  static String of(String secret, int port) {
    int opened = port == ASKED_FOR_THE_TOOLBOX ? TOOLBOX : port;
    byte[] code = code(secret, PURPOSE + opened);
    StringBuilder token = new StringBuilder(LENGTH);
    int held = 0;
    int bits = 0;
    for (int index = 0; token.length() < LENGTH; index++) {
      held = held << Byte.SIZE | code[index] & 0xff;
      bits += Byte.SIZE;
      for (; bits >= BITS; bits -= BITS) {
        token.append(ALPHABET.charAt(held >> bits - BITS & (1 << BITS) - 1));
      }
      held &= (1 << bits) - 1;
    }
    return token.toString();
  }

  /// Whether a token opens this port. Takes a time that says nothing about where they differ.
  static boolean opens(String secret, int port, String token) {
    return MessageDigest.isEqual(of(secret, port).getBytes(UTF_8), token.getBytes(UTF_8));
  }

  private static byte[] code(String secret, String text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret.getBytes(UTF_8), ALGORITHM));
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC with SHA-256", e);
    }
  }
}
