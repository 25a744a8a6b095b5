package dev.sandlot.controlplane.access;

import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import java.util.Set;

/// Who may call an operation. Every route names one; it is checked before the route's code runs.
public sealed interface Policy {
  /// No key is asked for.
  record Anyone() implements Policy {}

  /// A user's key with all of these permissions.
  record Key(Set<Permission> permissions) implements Policy {
    public Key {
      permissions = Set.copyOf(permissions);
    }
  }

  /// Any user's key, or the proxy.
  record KeyOrProxy() implements Policy {}

  /// A runner.
  record Runner() implements Policy {}

  /// The proxy.
  record Proxy() implements Policy {}

  /// A monitor, or whoever runs this deployment.
  record Health() implements Policy {}

  /// A user's key with these permissions.
  static Policy key(Permission... permissions) {
    return new Key(Set.of(permissions));
  }

  /// Lets the caller pass.
  ///
  /// @throws OperationFailure UNAUTHORIZED when the credential is of another kind, FORBIDDEN when a
  ///   permission lacks
  default void admit(Caller caller) {
    boolean kind =
        switch (this) {
          case Anyone _ -> true;
          case Key _ -> caller instanceof Caller.KeyHolder;
          case KeyOrProxy _ -> caller instanceof Caller.KeyHolder || caller instanceof Caller.Proxy;
          case Runner _ -> caller instanceof Caller.Runner;
          case Proxy _ -> caller instanceof Caller.Proxy;
          case Health _ ->
              caller instanceof Caller.HealthProbe
                  || (caller instanceof Caller.KeyHolder holder && holder.admin());
        };
    if (!kind) {
      throw OperationFailure.unauthorized(
          caller instanceof Caller.Anonymous
              ? ClientWords.unauthorized(
                  "send a valid key in the header 'Authorization: Bearer <key>'")
              : ClientWords.unauthorized("this kind of key may not call this operation"));
    }
    if (this instanceof Key wanted && caller instanceof Caller.KeyHolder holder) {
      for (Permission permission : wanted.permissions()) {
        if (!holder.permissions().contains(permission)) {
          throw OperationFailure.forbidden("the key lacks the permission " + permission.wire());
        }
      }
    }
  }
}
