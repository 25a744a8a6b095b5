package dev.sandlot.controlplane.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.sandbox.store.Intervals;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How long an answer waits, and what it tells then.
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class SandboxWaitTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final Signals signals = new Signals();

  @ParameterizedTest
  @CsvSource({
    "STOPPED,    STOPPED",
    "ERROR,      ERROR",
    "DESTROYING, DESTROYING",
    "DESTROYED,  DESTROYED",
    // Somebody else was quick to start it again: it was stopped all the same.
    "STARTING,   STOPPED",
    "STARTED,    STOPPED",
  })
  void aStopTellsItsEndAndNeverThatTheSandboxRuns(SandboxState seen, SandboxState told)
      throws Exception {
    assertThat(stopped(List.of(SandboxState.STOPPING, seen), LONG, false)).isEqualTo(told);
  }

  @Test
  void aStopWhoseTimeIsOverTellsThatItIsUnderWay() throws Exception {
    assertThat(stopped(List.of(SandboxState.STOPPING), Duration.ZERO, false))
        .isEqualTo(SandboxState.STOPPING);
  }

  @Test
  void nobodyIsWaitedForWhoHasLeft() throws Exception {
    assertThat(stopped(List.of(SandboxState.STOPPING), LONG, true))
        .isEqualTo(SandboxState.STOPPING);

    SandboxWait wait = new SandboxWait(_ -> Optional.of(sandbox(SandboxState.STARTING)));
    try (Signals.Watch watch = signals.watch("topic")) {
      Sandbox given =
          wait.untilSettled(SandboxId.random(), watch, SandboxWait.end(LONG), () -> true);
      assertThat(given.state()).isEqualTo(SandboxState.STARTING);
    }
  }

  @Test
  void whatIsPurgedMeanwhileIsGone() throws Exception {
    SandboxWait wait = new SandboxWait(_ -> Optional.empty());
    try (Signals.Watch watch = signals.watch("topic")) {
      Sandbox given =
          wait.untilStopped(
              sandbox(SandboxState.DESTROYING), watch, SandboxWait.end(LONG), () -> false);
      assertThat(given.state()).isEqualTo(SandboxState.DESTROYED);
    }
  }

  /// Each look finds the next state; the last one stays.
  private SandboxState stopped(List<SandboxState> states, Duration longest, boolean left)
      throws InterruptedException {
    Deque<SandboxState> rest = new ArrayDeque<>(states);
    SandboxWait wait =
        new SandboxWait(
            _ -> Optional.of(sandbox(rest.size() > 1 ? rest.removeFirst() : rest.getFirst())));
    try (Signals.Watch watch = signals.watch("topic")) {
      return wait.untilStopped(
              sandbox(SandboxState.STOPPING), watch, SandboxWait.end(longest), () -> left)
          .state();
    }
  }

  private static Sandbox sandbox(SandboxState state) {
    Instant now = Instant.EPOCH;
    return new Sandbox(
        SandboxId.random(),
        OrganizationId.random(),
        "local",
        RunnerId.random(),
        new Sandbox.Spec("name", "snapshot", "image", "daytona", Map.of(), 1, 1, 1),
        new Sandbox.Settings(Map.of(), false, new NetworkPolicy.Internet(), Intervals.DEFAULT),
        new Sandbox.Status(state, 1, Optional.empty(), false, "token"),
        now,
        now,
        now);
  }
}
