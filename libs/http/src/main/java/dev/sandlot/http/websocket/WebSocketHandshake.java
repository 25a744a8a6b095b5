package dev.sandlot.http.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.UpgradeRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/// How a WebSocket begins (RFC 6455 §4.2). No extension is ever agreed to.
final class WebSocketHandshake {
  private static final String SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int KEY_BYTES = 16;

  private WebSocketHandshake() {}

  /// @throws HttpFailure 400 or 426 when the request does not begin one
  static void check(UpgradeRequest request) {
    if (!request.method().equals("GET")) {
      throw HttpFailure.badRequest("a WebSocket begins with GET");
    }
    if (!request.header("Sec-WebSocket-Version").orElse("").strip().equals("13")) {
      throw new HttpFailure(
          426,
          "UPGRADE_REQUIRED",
          "speak version 13 of WebSocket (RFC 6455)",
          Map.of("Sec-WebSocket-Version", "13"),
          Map.of());
    }
    if (!keyIsSound(request.header("Sec-WebSocket-Key").orElse("").strip())) {
      throw HttpFailure.badRequest("Sec-WebSocket-Key must be 16 bytes in base64");
    }
  }

  /// The head of the answer that agrees.
  ///
  /// Preconditions: {@link #check} has passed.
  static byte[] agreement(UpgradeRequest request, Optional<String> protocol) {
    String key = request.header("Sec-WebSocket-Key").orElse("").strip();
    StringBuilder head = new StringBuilder("HTTP/1.1 101 Switching Protocols\r\n");
    head.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
    head.append("Sec-WebSocket-Accept: ").append(accept(key)).append("\r\n");
    protocol.ifPresent(name -> head.append("Sec-WebSocket-Protocol: ").append(name).append("\r\n"));
    return head.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  private static String accept(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1").digest((key + SUFFIX).getBytes(ISO_8859_1));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  private static boolean keyIsSound(String key) {
    try {
      return Base64.getDecoder().decode(key).length == KEY_BYTES;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
