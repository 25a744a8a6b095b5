package dev.sandlot.proxy;

import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// That a request may reach a port.
///
/// @param authorizationUsed the request's `Authorization` is ours and must not go on
/// @param cookie the `Set-Cookie` that keeps the browser let in
/// @param file the one file that a signed URL opens, by its path; empty for what opens everything
record Grant(
    SandboxId id,
    Port port,
    boolean authorizationUsed,
    Optional<String> cookie,
    Optional<String> file) {
  /// For everything behind the port.
  Grant(SandboxId id, Port port, boolean authorizationUsed, Optional<String> cookie) {
    this(id, port, authorizationUsed, cookie, Optional.empty());
  }
}
