package dev.sandlot.runner.sandbox;

import dev.sandlot.model.SandboxId;
import java.time.Duration;
import org.slf4j.Logger;

/// Durations of the phases of a start.
///
/// @param queue from the job's creation until this runner began
/// @param disk creating the disk
/// @param storage mounting it
/// @param network creating the namespace and its rules
/// @param engine until the engine ran
/// @param agent until the agent had answered and was configured
record StartPhases(
    Duration queue,
    Duration disk,
    Duration storage,
    Duration network,
    Duration engine,
    Duration agent) {
  void log(Logger logger, SandboxId id, String engineName) {
    logger
        .atInfo()
        .addKeyValue("sandboxId", id)
        .addKeyValue("engine", engineName)
        .addKeyValue("queueMicros", micros(queue))
        .addKeyValue("storageMicros", micros(disk.plus(storage)))
        .addKeyValue("networkMicros", micros(network))
        .addKeyValue("engineMicros", micros(engine))
        .addKeyValue("agentMicros", micros(agent))
        .log("sandbox started");
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
