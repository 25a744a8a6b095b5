package dev.sandlot.toolbox.sandbox;

import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// The sandboxes that run on this machine. Thread-safe.
@FunctionalInterface
public interface RunningSandboxes {
  /// A sandbox that runs here; empty when it does not.
  Optional<RunningSandbox> find(SandboxId id);
}
