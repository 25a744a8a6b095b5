package dev.sandlot.controlplane.sandbox;

import java.util.Map;
import java.util.Optional;

/// What comes with an event.
///
/// @param reason why, to be kept with the sandbox
/// @param recoverable whether recovering can help
/// @param force whether processes get no time to end
/// @param trace W3C headers of the request behind it
/// @param network what the sandbox may reach from now on
/// @param onlyIn the one state in which the event counts; empty: any
record Cause(
    Optional<String> reason,
    boolean recoverable,
    boolean force,
    Map<String, String> trace,
    Optional<NetworkSettings> network,
    Optional<SandboxState> onlyIn) {
  /// Nothing to tell.
  static final Cause NONE = request(Map.of());

  Cause {
    trace = Map.copyOf(trace);
  }

  static Cause request(Map<String, String> trace) {
    return new Cause(Optional.empty(), false, false, trace, Optional.empty(), Optional.empty());
  }

  static Cause because(String reason) {
    return NONE.withReason(reason, false);
  }

  Cause withReason(String next, boolean canRecover) {
    return new Cause(Optional.of(next), canRecover, force, trace, network, onlyIn);
  }

  Cause withForce(boolean next) {
    return new Cause(reason, recoverable, next, trace, network, onlyIn);
  }

  Cause withNetwork(NetworkSettings next) {
    return new Cause(reason, recoverable, force, trace, Optional.of(next), onlyIn);
  }

  Cause in(SandboxState state) {
    return new Cause(reason, recoverable, force, trace, network, Optional.of(state));
  }
}
