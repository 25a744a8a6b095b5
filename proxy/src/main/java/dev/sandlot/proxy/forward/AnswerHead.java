package dev.sandlot.proxy.forward;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Map;

/// The head of an answer on a connection that the HTTP server has handed over.
public final class AnswerHead {
  private AnswerHead() {}

  /// @param headers without those of a connection
  /// @param connection "Upgrade" for a WebSocket, or "close": the connection's end ends the body
  public static byte[] of(
      int status, String reason, List<Map.Entry<String, String>> headers, String connection) {
    StringBuilder text = new StringBuilder();
    text.append("HTTP/1.1 ").append(status).append(' ').append(reason).append("\r\n");
    for (Map.Entry<String, String> header : headers) {
      text.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }
    text.append("Connection: ").append(connection).append("\r\n");
    if (connection.equals("Upgrade")) {
      text.append("Upgrade: websocket\r\n");
    }
    return text.append("\r\n").toString().getBytes(ISO_8859_1);
  }
}
