package dev.sandlot.controlplane.platform;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LifecycleTest {
  private enum State {
    BORN,
    DEAD
  }

  private enum Event {
    AGES
  }

  @Test
  void refusesTwoRowsForOneEventInOneState() {
    var builder =
        Lifecycle.<State, Event, String>named("life", State.BORN, State.DEAD)
            .row(State.BORN, Event.AGES, State.BORN, "")
            .row(State.BORN, Event.AGES, State.DEAD, "");

    assertThatThrownBy(builder::build).hasMessageContaining("two rows for BORN, AGES");
  }

  @Test
  void refusesToLeadOutOfTheLastState() {
    var builder =
        Lifecycle.<State, Event, String>named("life", State.BORN, State.DEAD)
            .row(State.DEAD, Event.AGES, State.BORN, "");

    assertThatThrownBy(builder::build).hasMessageContaining("leads out of DEAD");
  }
}
