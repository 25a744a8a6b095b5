package dev.sandlot.controlplane.sandbox;

import dev.sandlot.http.BodyReader;
import dev.sandlot.model.SandboxState;

/// What a runner sees a sandbox in.
///
/// @param cause why, where the runner says so
record StateReport(SandboxState state, Cause cause) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static StateReport read(BodyReader body) {
    SandboxState state =
        SandboxState.parse(body.text("state", RequestLimits.NAME_LENGTH_MAX).orElse(""))
            .orElseThrow(
                () -> body.refused("state", "must be started, stopped, destroyed or error"));
    boolean recoverable = body.flag("recoverable").orElse(false);
    return new StateReport(
        state,
        body.text("errorReason", RequestLimits.REASON_LENGTH_MAX)
            .filter(reason -> !reason.isBlank())
            .map(reason -> Cause.NONE.withReason(reason, recoverable))
            .orElse(Cause.NONE));
  }
}
