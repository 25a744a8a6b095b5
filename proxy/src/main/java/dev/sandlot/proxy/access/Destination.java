package dev.sandlot.proxy.access;

import dev.sandlot.model.SandboxId;

/// Where the host name of a request leads.
public sealed interface Destination {
  /// Health, and toolbox calls by path.
  record ProxyItself() implements Destination {}

  /// A port of the sandbox that the host names.
  record ById(Port port, SandboxId id) implements Destination {}

  /// A port of the sandbox that a signed token opens.
  record ByToken(Port port, String token) implements Destination {
    /// Without what is secret.
    @Override
    public String toString() {
      return "ByToken[port=" + port + "]";
    }
  }
}
