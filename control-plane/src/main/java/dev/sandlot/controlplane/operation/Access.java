package dev.sandlot.controlplane.operation;

import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import java.util.Collections;
import java.util.Set;

/// Who may call an operation. Every row names one; it is checked before the operation's method
/// runs.
public sealed interface Access {
  /// No key is asked for.
  record Anyone() implements Access {}

  /// Callers of any of these kinds. A user's key must have all of the permissions as well.
  record Only(Set<CallerKind> kinds, Set<Permission> permissions) implements Access {
    public Only {
      kinds = Set.copyOf(kinds);
      permissions = Set.copyOf(permissions);
    }
  }

  static Access anyone() {
    return new Anyone();
  }

  /// A user's key with these permissions.
  static Access key(Permission... permissions) {
    return new Only(Set.of(CallerKind.USER_KEY), Set.of(permissions));
  }

  /// Callers of these kinds, whatever their permissions.
  static Access only(CallerKind... kinds) {
    return new Only(Set.of(kinds), Set.of());
  }

  /// Lets the caller pass.
  ///
  /// @throws OperationFailure UNAUTHORIZED when the caller is of another kind, FORBIDDEN when a
  ///   permission lacks
  default void admit(Caller caller) {
    if (!(this instanceof Only only)) {
      return;
    }
    if (Collections.disjoint(only.kinds(), caller.kinds())) {
      throw OperationFailure.unauthorized(
          caller instanceof Caller.Anonymous
              ? ClientWords.unauthorized(
                  "send a valid key in the header 'Authorization: Bearer <key>'")
              : ClientWords.unauthorized("this kind of key may not call this operation"));
    }
    if (caller instanceof Caller.KeyHolder holder) {
      for (Permission permission : only.permissions()) {
        if (!holder.permissions().contains(permission)) {
          throw OperationFailure.forbidden("the key lacks the permission " + permission.wire());
        }
      }
    }
  }
}
