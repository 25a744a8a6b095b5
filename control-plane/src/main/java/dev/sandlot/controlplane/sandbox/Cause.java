package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxState;
import java.util.Optional;
import java.util.function.Predicate;

/// What comes with an event.
///
/// @param reason why, to be kept with the sandbox
/// @param recoverable whether recovering can help
/// @param force whether processes get no time to end
/// @param network what the sandbox may reach from now on
/// @param counts whether the event counts for the sandbox as it is when it is applied
record Cause(
    Optional<String> reason,
    boolean recoverable,
    boolean force,
    Optional<NetworkPolicy> network,
    Predicate<Sandbox> counts) {
  /// Nothing to tell.
  static final Cause NONE = new Cause(Optional.empty(), false, false, Optional.empty(), _ -> true);

  static Cause because(String reason) {
    return NONE.withReason(reason, false);
  }

  /// What was pending took too long.
  static Cause late() {
    return NONE.withReason("its runner did not do what it was told in time", true);
  }

  Cause withReason(String next, boolean canRecover) {
    return new Cause(Optional.of(next), canRecover, force, network, counts);
  }

  Cause withForce(boolean next) {
    return new Cause(reason, recoverable, next, network, counts);
  }

  Cause withNetwork(NetworkPolicy next) {
    return new Cause(reason, recoverable, force, Optional.of(next), counts);
  }

  /// Counts in that state only.
  Cause in(SandboxState state) {
    return onlyIf(sandbox -> sandbox.state() == state);
  }

  /// Counts only if nothing about the sandbox has changed since it was read.
  Cause unlessChanged(Sandbox read) {
    return onlyIf(read::equals);
  }

  private Cause onlyIf(Predicate<Sandbox> condition) {
    return new Cause(reason, recoverable, force, network, counts.and(condition));
  }
}
