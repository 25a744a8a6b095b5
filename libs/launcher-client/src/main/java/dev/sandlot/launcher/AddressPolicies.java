package dev.sandlot.launcher;

import dev.sandlot.model.NetworkPolicy;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// The launcher's policies, by the addresses of the sandboxes that have them; asked for again when
/// something has changed them. Thread-safe.
final class AddressPolicies {
  private record Known(long generation, Map<String, NetworkPolicy> policies) {}

  private final Supplier<Map<String, NetworkPolicy>> launcher;
  private final AtomicLong generation = new AtomicLong();
  private volatile Known known = new Known(-1, Map.of());

  AddressPolicies(Supplier<Map<String, NetworkPolicy>> launcher) {
    this.launcher = launcher;
  }

  /// To be called when a policy, or who has an address, has changed or may have.
  void changed() {
    generation.incrementAndGet();
  }

  /// The policy at an address; empty when no sandbox has it.
  ///
  /// @throws dev.sandlot.runtime.RuntimeFailure when the launcher must be asked and does not answer
  Optional<NetworkPolicy> at(String address) {
    Known current = known;
    if (current.generation() != generation.get()) {
      current = refreshed();
    }
    return Optional.ofNullable(current.policies().get(address));
  }

  private synchronized Known refreshed() {
    // Read first: what changes while the launcher answers makes the answer old.
    long now = generation.get();
    if (known.generation() != now) {
      known = new Known(now, Map.copyOf(launcher.get()));
    }
    return known;
  }
}
