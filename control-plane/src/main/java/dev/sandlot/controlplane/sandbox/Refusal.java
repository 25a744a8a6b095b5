package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxState;

/// How a refused command is answered (docs/contract/sandboxes.md#commands): 404 for what is gone,
/// 409 only for what is pending, 400 for the rest.
final class Refusal {
  private Refusal() {}

  /// There is no such sandbox, or it is another's.
  static OperationFailure unknown(String idOrName) {
    return OperationFailure.notFound(
        ClientWords.sandboxNotFound("there is none with the id or name " + idOrName));
  }

  /// It was there when it was asked for.
  static OperationFailure gone() {
    return OperationFailure.notFound(ClientWords.sandboxNotFound("it was deleted"));
  }

  static OperationFailure of(SandboxEvent event, SandboxState state) {
    return switch (state) {
      case DESTROYED -> gone();
      case CREATING, STARTING, STOPPING, DESTROYING ->
          OperationFailure.conflict(
              ClientWords.stateChangeInProgress(state.wire())
                  + (event == SandboxEvent.DELETE_REQUESTED && state != SandboxState.DESTROYING
                      ? ", or delete it with force=true"
                      : ""));
      case STARTED, STOPPED, ERROR -> OperationFailure.badRequest(sentence(event, state));
    };
  }

  private static String sentence(SandboxEvent event, SandboxState state) {
    return switch (event) {
      case START_REQUESTED -> ClientWords.inErrorState();
      case STOP_REQUESTED ->
          state == SandboxState.STOPPED ? ClientWords.alreadyStopped() : ClientWords.inErrorState();
      case RECOVERY_REQUESTED, STOPPED_RECOVERY_REQUESTED ->
          "only a sandbox in error can be recovered; this one is " + state.wire();
      default -> "this cannot be done while the sandbox is " + state.wire();
    };
  }
}
