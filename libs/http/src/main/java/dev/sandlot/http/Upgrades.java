package dev.sandlot.http;

import java.util.Optional;
import java.util.Set;

/// Decides about requests that ask for another protocol.
@FunctionalInterface
public interface Upgrades {
  /// A server that never upgrades.
  Upgrades NONE = _ -> Optional.empty();

  /// The tunnel that takes the connection over; empty leaves the request to the routes, which
  /// answer it (or refuse it) like any other.
  Optional<Tunnel> open(UpgradeRequest request);

  /// The protocols that may be asked for, as `Upgrade` names them. A request for another one is
  /// served like any other.
  default Set<String> protocols() {
    return Set.of("websocket");
  }
}
