package dev.sandlot.toolbox.sandbox;

import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// The sandboxes that run on this machine. Thread-safe.
@FunctionalInterface
public interface RunningSandboxes {
  /// The sandbox of this id; empty when it does not run here.
  Optional<RunningSandbox> find(SandboxId id);
}
