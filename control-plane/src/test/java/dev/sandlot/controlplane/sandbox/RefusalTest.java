package dev.sandlot.controlplane.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.platform.Lifecycle.Outcome;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxLifecycle;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxState;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What a command is answered with, by the state clients see (docs/contract/sandboxes.md#commands).
/// 200: it is done.
class RefusalTest {
  private static final List<String> STATES =
      List.of(
          "creating",
          "started",
          "stopping",
          "stopped",
          "starting",
          "destroying",
          "destroyed",
          "error");

  @ParameterizedTest
  @CsvSource({
    //                           creating started stopping stopped starting destroying destroyed
    // error
    "START_REQUESTED,            409,     400,    409,     200,    409,     409,       404,      400",
    "STOP_REQUESTED,             409,     200,    409,     400,    409,     409,       404,      400",
    "DELETE_REQUESTED,           409,     200,    409,     200,    409,     409,       404,      200",
    "FORCED_DELETE_REQUESTED,    200,     200,    200,     200,    200,     200,       404,      200",
    "RECOVERY_REQUESTED,         409,     400,    409,     400,    409,     409,       404,      200",
    "STOPPED_RECOVERY_REQUESTED, 409,     400,    409,     400,    409,     409,       404,      200",
    "NETWORK_CHANGED,            200,     200,    200,     200,    200,     409,       404,      200",
  })
  void answersByCommandAndState(
      SandboxEvent command,
      int creating,
      int started,
      int stopping,
      int stopped,
      int starting,
      int destroying,
      int destroyed,
      int error) {
    List<Integer> answers = STATES.stream().map(wire -> status(command, state(wire))).toList();

    assertThat(answers)
        .containsExactly(
            creating, started, stopping, stopped, starting, destroying, destroyed, error);
  }

  private static SandboxState state(String wire) {
    return SandboxState.parse(wire).orElseThrow();
  }

  private static int status(SandboxEvent command, SandboxState state) {
    return SandboxLifecycle.TABLE.apply(state, command) instanceof Outcome.Accepted<?, ?>
        ? 200
        : HttpFailure.of(Refusal.of(command, state)).status();
  }

  @Test
  void knowsTheStateOfEverySandbox() {
    assertThat(Arrays.stream(SandboxState.values()).map(SandboxState::wire))
        .containsExactlyInAnyOrderElementsOf(STATES);
  }

  @Test
  void saysWhatWouldWork() {
    assertThat(sentence(SandboxEvent.DELETE_REQUESTED, SandboxState.CREATING))
        .contains("creating", "try again", "force=true");
    assertThat(sentence(SandboxEvent.DELETE_REQUESTED, SandboxState.DESTROYING))
        .contains("destroying")
        .doesNotContain("force=true");
    assertThat(sentence(SandboxEvent.START_REQUESTED, SandboxState.ERROR))
        .contains("recover or delete");
    assertThat(sentence(SandboxEvent.STOP_REQUESTED, SandboxState.STOPPED)).contains("stopped");
  }

  /// Some programs look for a capital letter, some for a small one.
  @ParameterizedTest
  @EnumSource(names = {"CREATING", "STARTING", "STOPPING", "DESTROYING"})
  void saysTheWordsByWhichProgramsWait(SandboxState state) {
    assertThat(sentence(SandboxEvent.START_REQUESTED, state))
        .contains("State change in progress", " state change in progress", state.wire());
  }

  @Test
  void saysTheWordsByWhichProgramsGoOn() {
    assertThat(Refusal.unknown("some-name").sentence()).contains("Sandbox not found", "some-name");
    assertThat(Refusal.gone().sentence()).contains("Sandbox not found");
    assertThat(sentence(SandboxEvent.STOP_REQUESTED, SandboxState.STOPPED))
        .contains("Sandbox is not started", "already stopped");
    assertThat(sentence(SandboxEvent.START_REQUESTED, SandboxState.ERROR))
        .contains("errored state");
  }

  private static String sentence(SandboxEvent event, SandboxState state) {
    OperationFailure failure = Refusal.of(event, state);
    return failure.sentence();
  }
}
