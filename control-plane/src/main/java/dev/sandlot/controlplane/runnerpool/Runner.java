package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.model.RunnerId;
import dev.sandlot.model.RunnerState;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A runner as it last reported itself.
///
/// @param cpu cores of its machine
/// @param memoryGib of its machine
/// @param diskGib of its pool
/// @param metrics its last report's `metrics`, JSON
/// @param unhealthyReason why it says it cannot work; empty if it can
record Runner(
    RunnerId id,
    String name,
    String region,
    double cpu,
    double memoryGib,
    double diskGib,
    String metrics,
    Optional<String> appVersion,
    Optional<String> domain,
    Optional<String> apiUrl,
    Optional<String> proxyUrl,
    Optional<String> unhealthyReason,
    boolean unschedulable,
    Instant createdAt,
    Instant updatedAt,
    Optional<Instant> lastCheckedAt) {
  /// A runner that has not reported for so long counts as not there
  /// (docs/contract/runners.md#health-and-placement).
  static final Duration SILENCE_MAX = Duration.ofSeconds(60);

  RunnerState state(Instant now) {
    if (lastCheckedAt.isEmpty()) {
      return RunnerState.INITIALIZING;
    }
    boolean silent = lastCheckedAt.get().isBefore(now.minus(SILENCE_MAX));
    return silent || unhealthyReason.isPresent() ? RunnerState.UNRESPONSIVE : RunnerState.READY;
  }
}
