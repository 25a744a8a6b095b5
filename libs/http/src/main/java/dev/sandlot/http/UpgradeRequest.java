package dev.sandlot.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A request that asks for another protocol on its connection, `Upgrade: websocket`.
///
/// @param rawTarget path and query as sent
/// @param headers in their order, names as sent
/// @param remoteAddress of the peer, without the port
/// @param secure whether the connection is encrypted
public record UpgradeRequest(
    String method,
    String rawTarget,
    List<Map.Entry<String, String>> headers,
    String remoteAddress,
    boolean secure) {
  public UpgradeRequest {
    headers = List.copyOf(headers);
  }

  /// The path as sent, without the query.
  public String rawPath() {
    int mark = rawTarget.indexOf('?');
    return mark < 0 ? rawTarget : rawTarget.substring(0, mark);
  }

  /// The first value of a header; names in any case.
  public Optional<String> header(String name) {
    return headers.stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /// The first value of a query parameter, decoded; of a broken encoding as it is.
  public Optional<String> query(String name) {
    int mark = rawTarget.indexOf('?');
    if (mark < 0) {
      return Optional.empty();
    }
    for (String piece : rawTarget.substring(mark + 1).split("&", -1)) {
      int equals = piece.indexOf('=');
      String key = equals < 0 ? piece : piece.substring(0, equals);
      if (decoded(key).equals(name)) {
        return Optional.of(equals < 0 ? "" : decoded(piece.substring(equals + 1)));
      }
    }
    return Optional.empty();
  }

  /// The WebSocket subprotocols that are offered, in the client's order.
  public List<String> protocols() {
    List<String> offered = new ArrayList<>();
    for (Map.Entry<String, String> header : headers) {
      if (header.getKey().equalsIgnoreCase("Sec-WebSocket-Protocol")) {
        for (String token : header.getValue().split(",", -1)) {
          if (!token.isBlank()) {
            offered.add(token.strip());
          }
        }
      }
    }
    return offered;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return text;
    }
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "UpgradeRequest[path=" + rawPath() + ", remoteAddress=" + remoteAddress + "]";
  }
}
