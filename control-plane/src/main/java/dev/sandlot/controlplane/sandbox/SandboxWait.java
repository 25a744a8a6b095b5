package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/// Waits for what was ordered of a sandbox: until it is done, the time is over, or nobody waits for
/// the answer any more. Thread-safe.
final class SandboxWait {
  /// How long at most nobody looks, neither at the sandbox nor for who asked.
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Function<SandboxId, Optional<Sandbox>> rows;

  /// @param rows finds a sandbox in any state, removed ones included while their rows are kept
  SandboxWait(Function<SandboxId, Optional<Sandbox>> rows) {
    this.rows = rows;
  }

  /// The moment when a wait that begins now is over, by {@link System#nanoTime}.
  static long end(Duration longest) {
    return System.nanoTime() + longest.toNanos();
  }

  /// Waits until nothing is pending.
  ///
  /// @return what there is then, or when it was given up
  /// @throws OperationFailure NOT_FOUND when it is deleted meanwhile
  Sandbox untilSettled(SandboxId id, Signals.Watch watch, long end, BooleanSupplier left)
      throws InterruptedException {
    while (true) {
      Sandbox now =
          rows.apply(id)
              .filter(found -> !found.state().isBeingRemoved())
              .orElseThrow(Refusal::gone);
      if (now.state().timeout().isEmpty() || over(watch, end, left)) {
        return now;
      }
    }
  }

  /// Waits until a stop is done.
  ///
  /// @param ordered the sandbox as the order left it, stopping or destroying
  /// @return what became of it; never one that runs, even when somebody has started it again
  Sandbox untilStopped(Sandbox ordered, Signals.Watch watch, long end, BooleanSupplier left)
      throws InterruptedException {
    while (true) {
      Sandbox now = rows.apply(ordered.id()).orElseGet(() -> ordered.in(SandboxState.DESTROYED));
      if (now.state() != ordered.state()) {
        return now.state().isMeantToRun() ? ordered.in(SandboxState.STOPPED) : now;
      }
      if (over(watch, end, left)) {
        return now;
      }
    }
  }

  /// Waits for the next moment to look again.
  ///
  /// @return whether the wait is to be given up
  static boolean over(Signals.Watch watch, long end, BooleanSupplier left)
      throws InterruptedException {
    Duration rest = Duration.ofNanos(end - System.nanoTime());
    if (!rest.isPositive()) {
      return true;
    }
    return !watch.await(rest.compareTo(PAUSE) < 0 ? rest : PAUSE) && left.getAsBoolean();
  }
}
