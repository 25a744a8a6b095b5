package dev.sandlot.http;

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

  /// The first value of a header; names in any case.
  public Optional<String> header(String name) {
    return headers.stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
