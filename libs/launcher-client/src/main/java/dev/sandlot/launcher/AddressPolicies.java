package dev.sandlot.launcher;

import dev.sandlot.model.NetworkPolicy;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// A cache of the launcher's network policies, by the sandboxes' addresses; refreshed after a
/// change. Thread-safe.
final class AddressPolicies {
  private record Known(long generation, Map<String, NetworkPolicy> policies) {}

  private final Supplier<Map<String, NetworkPolicy>> launcher;
  private final AtomicLong generation = new AtomicLong();
  private volatile Known known = new Known(-1, Map.of());

  AddressPolicies(Supplier<Map<String, NetworkPolicy>> launcher) {
    this.launcher = launcher;
  }

  /// To be called when a policy, or the sandbox of an address, may have changed.
  void changed() {
    generation.incrementAndGet();
  }

  /// The policy at an address; empty when no sandbox has it.
  ///
  /// @throws dev.sandlot.runtime.RuntimeFailure when the launcher has to be called and does not
  ///   answer
  Optional<NetworkPolicy> at(String address) {
    Known current = known;
    if (current.generation() != generation.get()) {
      current = refreshed();
    }
    return Optional.ofNullable(current.policies().get(address));
  }

  private synchronized Known refreshed() {
    // Read before the call: a change during the call makes its answer out of date.
    long now = generation.get();
    if (known.generation() != now) {
      known = new Known(now, Map.copyOf(launcher.get()));
    }
    return known;
  }
}
