package dev.sandlot.proxy.runner;

import dev.sandlot.model.RunnerId;
import java.util.Optional;

/// What the proxy shows to runners on other machines. Thread-safe.
@FunctionalInterface
public interface RunnerKeys {
  /// For a proxy whose runners are all in its process.
  RunnerKeys NONE = _ -> Optional.empty();

  /// The runner's own key; empty for a runner that this proxy does not know.
  Optional<String> of(RunnerId runner);
}
