package dev.sandlot.controlplane.sandbox;

import dev.sandlot.http.HttpFailure;

/// How a refused command is answered (control-api.md §7.6): 404 for what is gone, 409 only for what
/// is pending, 400 for the rest.
final class Refusal {
  private Refusal() {}

  static HttpFailure of(SandboxEvent event, SandboxState state) {
    return switch (state) {
      case DESTROYED -> HttpFailure.notFound("the sandbox was deleted");
      case CREATING, STARTING, STOPPING, DESTROYING ->
          HttpFailure.conflict(
              "the sandbox is "
                  + state.wire()
                  + "; try again when that is done"
                  + (event == SandboxEvent.DELETE_REQUESTED && state != SandboxState.DESTROYING
                      ? ", or delete it with force=true"
                      : ""));
      case STARTED, STOPPED, ERROR ->
          HttpFailure.badRequest(
              switch (event) {
                case START_REQUESTED ->
                    "a sandbox in error cannot be started; recover or delete it";
                case STOP_REQUESTED ->
                    state == SandboxState.STOPPED
                        ? "the sandbox is stopped already"
                        : "a sandbox in error cannot be stopped; recover or delete it";
                case RECOVERY_REQUESTED, STOPPED_RECOVERY_REQUESTED ->
                    "only a sandbox in error can be recovered; this one is " + state.wire();
                default -> "this cannot be done while the sandbox is " + state.wire();
              });
    };
  }
}
