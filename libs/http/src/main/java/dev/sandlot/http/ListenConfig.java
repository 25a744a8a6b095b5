package dev.sandlot.http;

import java.util.Optional;

/// Where a server listens.
///
/// @param name for logs, "api"
/// @param host address to bind
/// @param port 0 for any free one
/// @param tls empty for plain HTTP
public record ListenConfig(String name, String host, int port, Optional<TlsFiles> tls) {
  /// Plain HTTP.
  public static ListenConfig plain(String name, String host, int port) {
    return new ListenConfig(name, host, port, Optional.empty());
  }
}
