package dev.sandlot.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Map;

/// The answer to an upgrade that is refused by whoever would have taken the connection over.
final class RefusedUpgrade {
  private RefusedUpgrade() {}

  static byte[] answer(HttpFailure failure, Object body) {
    byte[] json = Json.bytes(body);
    StringBuilder head = new StringBuilder("HTTP/1.1 ");
    head.append(failure.status()).append(' ').append(ReasonPhrase.of(failure.status()));
    head.append("\r\n");
    for (Map.Entry<String, String> header : failure.headers().entrySet()) {
      head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }
    head.append("Content-Type: application/json; charset=utf-8\r\n");
    head.append("Content-Length: ").append(json.length).append("\r\n");
    head.append("Connection: close\r\n\r\n");
    byte[] start = head.toString().getBytes(ISO_8859_1);
    byte[] answer = new byte[start.length + json.length];
    System.arraycopy(start, 0, answer, 0, start.length);
    System.arraycopy(json, 0, answer, start.length, json.length);
    return answer;
  }
}
