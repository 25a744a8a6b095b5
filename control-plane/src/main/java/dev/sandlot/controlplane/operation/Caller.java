package dev.sandlot.controlplane.operation;

import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.util.Set;

/// Who asks. Decided once per request, from its bearer token.
public sealed interface Caller {

  /// What this caller counts as where it is decided who may call.
  Set<CallerKind> kinds();

  /// Nobody we know of.
  record Anonymous() implements Caller {
    @Override
    public Set<CallerKind> kinds() {
      return Set.of();
    }
  }

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

    @Override
    public Set<CallerKind> kinds() {
      return admin
          ? Set.of(CallerKind.USER_KEY, CallerKind.ADMINISTRATOR)
          : Set.of(CallerKind.USER_KEY);
    }
  }

  /// One of our runners.
  record Runner(RunnerId runner) implements Caller {
    @Override
    public Set<CallerKind> kinds() {
      return Set.of(CallerKind.RUNNER);
    }
  }

  /// The proxy, which asks on behalf of those who call it.
  record Proxy() implements Caller {
    @Override
    public Set<CallerKind> kinds() {
      return Set.of(CallerKind.PROXY);
    }
  }

  /// A monitor.
  record HealthProbe() implements Caller {
    @Override
    public Set<CallerKind> kinds() {
      return Set.of(CallerKind.MONITOR);
    }
  }
}
