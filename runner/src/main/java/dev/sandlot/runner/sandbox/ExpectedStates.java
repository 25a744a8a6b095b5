package dev.sandlot.runner.sandbox;

import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// The states that the control plane expects of this machine's sandboxes, and how to correct them.
public interface ExpectedStates {
  /// The state of every sandbox that it knows to be here; empty for a state of a newer control
  /// plane.
  Map<SandboxId, Optional<SandboxState>> all() throws IOException, InterruptedException;

  /// Reports that a sandbox has stopped by itself.
  ///
  /// @param reason a sentence for its owner
  void stopped(SandboxId id, String reason) throws IOException, InterruptedException;
}
