package dev.sandlot.http;

import java.util.Optional;

/// Decides about requests that ask for another protocol.
@FunctionalInterface
public interface Upgrades {
  /// A server that never upgrades.
  Upgrades NONE = _ -> Optional.empty();

  /// The tunnel that takes the connection over; empty leaves the request to the routes, which
  /// answer it (or refuse it) like any other.
  Optional<Tunnel> open(UpgradeRequest request);
}
