package dev.sandlot.controlplane.operation;

import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import java.util.Optional;

/// A kind of thing that belongs to somebody and that operations name in their path. There is one
/// way to look for each kind of owner, and each finds nothing unless the kind says otherwise: what
/// is another's is answered like what does not exist, in {@link Resource} and nowhere else.
///
/// @param <R> the thing
public interface ResourceKind<R> {
  /// What callers of an organisation may know of.
  default Optional<R> ofOrganization(OrganizationId organization, String name) {
    return Optional.empty();
  }

  /// What this runner has.
  default Optional<R> ofRunner(RunnerId runner, String name) {
    return Optional.empty();
  }

  /// Whoever's it is: for the proxy, which asks on behalf of others.
  default Optional<R> ofAnybody(String name) {
    return Optional.empty();
  }

  /// The answer to a name that nothing was found by.
  OperationFailure unknown(String name);

  /// How the audit log calls it.
  String id(R found);

  /// This kind of thing, named by a parameter of the path.
  default Resource<R> at(String parameter) {
    return new Resource<>(this, parameter);
  }
}
