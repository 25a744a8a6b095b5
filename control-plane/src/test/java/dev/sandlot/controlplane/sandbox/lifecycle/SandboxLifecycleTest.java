package dev.sandlot.controlplane.sandbox.lifecycle;

import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.*;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.*;
import static dev.sandlot.model.SandboxState.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.platform.Lifecycle.Outcome;
import dev.sandlot.controlplane.platform.Lifecycle.Row;
import dev.sandlot.model.SandboxState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Tells the lives that sandboxes lead, and what holds in all of them.
class SandboxLifecycleTest {
  private static final Path DIAGRAM = Path.of("../docs/lifecycle/sandbox.puml");
  private static final Set<Row<SandboxState, SandboxEvent, SandboxCommand>> TAKEN = new HashSet<>();

  /// One life, told event by event.
  private static final class Life {
    private SandboxState state;

    private Life(SandboxState state) {
      this.state = state;
    }

    static Life in(SandboxState state) {
      return new Life(state);
    }

    Life on(SandboxEvent event, SandboxState next, SandboxCommand command) {
      assertThat(SandboxLifecycle.TABLE.apply(state, event))
          .as(state + " on " + event)
          .isEqualTo(new Outcome.Accepted<>(next, command));
      TAKEN.add(new Row<>(state, event, next, command));
      state = next;
      return this;
    }
  }

  @AfterAll
  static void everyRowIsPartOfALifeThatIsToldHere() {
    List<Row<SandboxState, SandboxEvent, SandboxCommand>> untold =
        new ArrayList<>(SandboxLifecycle.TABLE.rows());
    untold.removeAll(TAKEN);
    assertThat(untold).as("rows that no test takes").isEmpty();
  }

  @Test
  void livesAnOrdinaryLife() {
    Life.in(CREATING)
        .on(RUNNER_STARTED, STARTED, NOTHING)
        .on(STOP_REQUESTED, STOPPING, STOP_ON_RUNNER)
        .on(RUNNER_STOPPED, STOPPED, NOTHING)
        .on(START_REQUESTED, STARTING, START_ON_RUNNER)
        .on(RUNNER_STARTED, STARTED, NOTHING)
        .on(DELETE_REQUESTED, DESTROYING, DESTROY_ON_RUNNER)
        .on(RUNNER_DESTROYED, DESTROYED, NOTHING);
    Life.in(STOPPED).on(DELETE_REQUESTED, DESTROYING, DESTROY_ON_RUNNER);
  }

  @Test
  void keepsItsFilesWhenItEndsByItself() {
    Life.in(STARTED).on(RUNNER_STOPPED, STOPPED, NOTHING);
  }

  @Test
  void endsInErrorWhenItsRunnerFails() {
    Life.in(CREATING).on(RUNNER_FAILED, ERROR, NOTHING);
    Life.in(STARTING).on(RUNNER_FAILED, ERROR, NOTHING);
    Life.in(STARTED).on(RUNNER_FAILED, ERROR, NOTHING);
    Life.in(STOPPING).on(RUNNER_FAILED, ERROR, NOTHING);
    Life.in(STOPPED).on(RUNNER_FAILED, ERROR, NOTHING);
  }

  @Test
  void endsInErrorWhenItsFilesAreGone() {
    Life.in(STARTED).on(RUNNER_DESTROYED, ERROR, NOTHING);
    Life.in(STOPPING).on(RUNNER_DESTROYED, ERROR, NOTHING);
    Life.in(STOPPED).on(RUNNER_DESTROYED, ERROR, NOTHING);
  }

  @Test
  void isKilledWhenWhatIsPendingTakesTooLong() {
    Life.in(CREATING).on(DEADLINE_PASSED, ERROR, KILL_ON_RUNNER);
    Life.in(STARTING).on(DEADLINE_PASSED, ERROR, KILL_ON_RUNNER);
    Life.in(STOPPING).on(DEADLINE_PASSED, ERROR, KILL_ON_RUNNER);
  }

  @Test
  void comesBackFromAnError() {
    Life.in(ERROR)
        .on(RECOVERY_REQUESTED, STARTING, START_ON_RUNNER)
        .on(RUNNER_STARTED, STARTED, NOTHING);
    Life.in(ERROR)
        .on(STOPPED_RECOVERY_REQUESTED, STOPPING, STOP_ON_RUNNER)
        .on(RUNNER_STOPPED, STOPPED, NOTHING);
  }

  @Test
  void isRemovedHoweverOftenItsRunnerFailsToDoSo() {
    Life.in(ERROR)
        .on(DELETE_REQUESTED, DESTROYING, DESTROY_NOW_ON_RUNNER)
        .on(RUNNER_FAILED, DESTROYING, NOTHING)
        .on(DEADLINE_PASSED, DESTROYING, DESTROY_NOW_ON_RUNNER)
        .on(FORCED_DELETE_REQUESTED, DESTROYING, DESTROY_NOW_ON_RUNNER)
        .on(RUNNER_GONE, DESTROYED, DROP_ORDERS);
  }

  @Test
  void isDeletedByForceWhateverItIsDoing() {
    for (SandboxState state : List.of(CREATING, STARTED, STOPPING, STOPPED, STARTING, ERROR)) {
      Life.in(state).on(FORCED_DELETE_REQUESTED, DESTROYING, DESTROY_NOW_ON_RUNNER);
    }
  }

  @Test
  void isGivenUpWithItsRunner() {
    for (SandboxState state : List.of(CREATING, STARTED, STOPPING, STOPPED, STARTING)) {
      Life.in(state).on(RUNNER_GONE, ERROR, DROP_ORDERS);
    }
  }

  @Test
  void isToldWhatItMayReachWheneverItRunsOrWill() {
    Life.in(CREATING).on(NETWORK_CHANGED, CREATING, APPLY_NETWORK_ON_RUNNER);
    Life.in(STARTING).on(NETWORK_CHANGED, STARTING, APPLY_NETWORK_ON_RUNNER);
    Life.in(STARTED).on(NETWORK_CHANGED, STARTED, APPLY_NETWORK_ON_RUNNER);
    Life.in(STOPPING).on(NETWORK_CHANGED, STOPPING, NOTHING);
    Life.in(STOPPED).on(NETWORK_CHANGED, STOPPED, NOTHING);
    Life.in(ERROR).on(NETWORK_CHANGED, ERROR, NOTHING);
  }

  @Test
  void isStoppedWhenItMayReachMoreThanItShould() {
    Life.in(STARTED).on(NETWORK_FAILED, STOPPING, STOP_ON_RUNNER);
  }

  @Test
  void isStoppedWhenItRunsThoughItShouldNot() {
    Life.in(STOPPED).on(RUNNER_STARTED, STOPPING, STOP_ON_RUNNER);
  }

  @Test
  void refusesWhatTheTableDoesNotHold() {
    for (SandboxState state : SandboxState.values()) {
      for (SandboxEvent event : SandboxEvent.values()) {
        boolean held =
            SandboxLifecycle.TABLE.rows().stream()
                .anyMatch(row -> row.in() == state && row.on() == event);
        if (!held) {
          assertThat(SandboxLifecycle.TABLE.apply(state, event))
              .isEqualTo(new Outcome.Refused<>(state));
        }
      }
    }
  }

  @Test
  void waitsForNothingForever() {
    for (SandboxState state : SandboxState.values()) {
      assertThat(SandboxLifecycle.TABLE.row(state, DEADLINE_PASSED).isPresent())
          .as("%s has a deadline, and something happens when it passes", state)
          .isEqualTo(state.timeout().isPresent());
    }
  }

  @Test
  void canAlwaysBeDeleted() {
    for (SandboxState state : EnumSet.complementOf(EnumSet.of(DESTROYED))) {
      assertThat(SandboxLifecycle.TABLE.row(state, FORCED_DELETE_REQUESTED)).isPresent();
      assertThat(reachable(state)).as("from " + state).contains(DESTROYED);
    }
  }

  private static Set<SandboxState> reachable(SandboxState from) {
    Set<SandboxState> found = EnumSet.of(from);
    boolean grew = true;
    while (grew) {
      Set<SandboxState> next = EnumSet.copyOf(found);
      SandboxLifecycle.TABLE.rows().stream()
          .filter(row -> found.contains(row.in()))
          .forEach(row -> next.add(row.next()));
      grew = found.addAll(next);
    }
    return found;
  }

  @Test
  void believesOnlyItsRunnerAboutWhatItIsDoing() {
    assertThat(eventsInto(STARTED, row -> row.in() != STARTED)).containsExactly(RUNNER_STARTED);
    assertThat(eventsInto(STOPPED, row -> row.in() != STOPPED)).containsExactly(RUNNER_STOPPED);
    assertThat(eventsInto(DESTROYED, _ -> true))
        .containsExactlyInAnyOrder(RUNNER_DESTROYED, RUNNER_GONE);
  }

  private static Set<SandboxEvent> eventsInto(
      SandboxState state, Predicate<Row<SandboxState, SandboxEvent, SandboxCommand>> which) {
    Set<SandboxEvent> events = EnumSet.noneOf(SandboxEvent.class);
    SandboxLifecycle.TABLE.rows().stream()
        .filter(row -> row.next() == state)
        .filter(which)
        .forEach(row -> events.add(row.on()));
    return events;
  }

  @Test
  void isDrawnAsItIs() throws IOException {
    String drawn = SandboxLifecycle.TABLE.diagram();
    String kept = Files.exists(DIAGRAM) ? Files.readString(DIAGRAM) : "";
    if (!kept.equals(drawn)) {
      Files.createDirectories(DIAGRAM.getParent());
      Files.writeString(DIAGRAM, drawn);
    }
    assertThat(kept)
        .as("docs/lifecycle/sandbox.puml was out of date and has been written anew; commit it")
        .isEqualTo(drawn);
  }
}
