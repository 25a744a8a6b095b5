package dev.sandlot.controlplane.access;

import dev.sandlot.http.Exchange;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.util.Set;

/// Who asks. Decided once per request, from its bearer token.
public sealed interface Caller {

  /// The user's key behind a request that a {@link Policy.Key} let pass.
  static KeyHolder keyHolder(Exchange exchange) {
    return exchange
        .attribute(Caller.class)
        .filter(KeyHolder.class::isInstance)
        .map(KeyHolder.class::cast)
        .orElseThrow(() -> new IllegalStateException("the route's policy admits others than keys"));
  }

  /// The runner behind a request that {@link Policy.Runner} let pass.
  static RunnerId runner(Exchange exchange) {
    return exchange
        .attribute(Caller.class)
        .filter(Runner.class::isInstance)
        .map(caller -> ((Runner) caller).runner())
        .orElseThrow(
            () -> new IllegalStateException("the route's policy admits others than runners"));
  }

  /// Nobody we know of.
  record Anonymous() implements Caller {}

  /// A user's key, bound to one organisation.
  ///
  /// @param keyName how the user calls the key
  /// @param admin whether the user runs this deployment
  record KeyHolder(
      OrganizationId organization,
      UserId user,
      String keyName,
      Set<Permission> permissions,
      boolean admin)
      implements Caller {
    public KeyHolder {
      permissions = Set.copyOf(permissions);
    }
  }

  /// One of our runners.
  record Runner(RunnerId runner) implements Caller {}

  /// The proxy, which asks on behalf of those who call it.
  record Proxy() implements Caller {}

  /// A monitor.
  record HealthProbe() implements Caller {}
}
