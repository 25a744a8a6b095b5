package dev.sandlot.proxy.access;

import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// That a request may reach a port.
///
/// @param authorizationUsed the request's `Authorization` is ours and must not go on
/// @param anonymous nobody has said who he is: the sandbox is public
/// @param cookie the `Set-Cookie` that keeps the browser let in
/// @param file the one file that a signed URL opens, by its path; empty for what opens everything
public record Grant(
    SandboxId id,
    Port port,
    boolean authorizationUsed,
    boolean anonymous,
    Optional<String> cookie,
    Optional<String> file) {
  /// For everything behind the port, to somebody known.
  Grant(SandboxId id, Port port, boolean authorizationUsed, Optional<String> cookie) {
    this(id, port, authorizationUsed, false, cookie, Optional.empty());
  }

  /// For everything behind the port of a public sandbox, to whomever.
  static Grant open(SandboxId id, Port port, boolean authorizationUsed) {
    return new Grant(id, port, authorizationUsed, true, Optional.empty(), Optional.empty());
  }

  /// The same for another port, for whoever may do everything inside.
  public Grant at(Port other) {
    return new Grant(id, other, authorizationUsed, anonymous, cookie, file);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "Grant[id=" + id + ", port=" + port + "]";
  }
}
