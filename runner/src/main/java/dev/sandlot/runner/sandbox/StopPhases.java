package dev.sandlot.runner.sandbox;

import dev.sandlot.model.SandboxId;
import dev.sandlot.runtime.StoppedSandbox;
import java.time.Duration;
import org.slf4j.Logger;

/// Durations of the phases of a stop.
///
/// @param agent until all processes had ended
/// @param stopped the engine's phases after that
record StopPhases(Duration agent, StoppedSandbox stopped) {
  void log(Logger logger, SandboxId id, String engineName) {
    logger
        .atInfo()
        .addKeyValue("sandboxId", id)
        .addKeyValue("engine", engineName)
        .addKeyValue("agentMicros", micros(agent))
        .addKeyValue("engineMicros", micros(stopped.engine()))
        .addKeyValue("releaseMicros", micros(stopped.release()))
        .log("sandbox stopped");
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
