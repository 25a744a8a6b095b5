package dev.sandlot.http.server;

import java.net.InetAddress;
import java.util.Optional;
import java.util.Set;

/// Where a server listens.
///
/// @param name for logs, "api"
/// @param host address to bind
/// @param port 0 for any free one
/// @param tls empty for plain HTTP
/// @param limits what clients may take
/// @param proxies addresses of what stands in front: connections from there are many clients'
public record ListenConfig(
    String name,
    String host,
    int port,
    Optional<TlsFiles> tls,
    ConnectionLimits limits,
    Set<InetAddress> proxies) {
  public ListenConfig {
    proxies = Set.copyOf(proxies);
  }

  /// Plain HTTP.
  public static ListenConfig plain(String name, String host, int port) {
    return plain(name, host, port, ConnectionLimits.STANDARD);
  }

  /// Plain HTTP with limits of its own.
  public static ListenConfig plain(String name, String host, int port, ConnectionLimits limits) {
    return new ListenConfig(name, host, port, Optional.empty(), limits, Set.of());
  }
}
