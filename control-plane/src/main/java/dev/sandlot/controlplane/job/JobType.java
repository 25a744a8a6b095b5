package dev.sandlot.controlplane.job;

import java.time.Duration;

/// What a runner is told to do, and how long that may take before it counts as failed.
public enum JobType {
  CREATE_SANDBOX(Duration.ofMinutes(10)),
  START_SANDBOX(Duration.ofMinutes(4)),
  STOP_SANDBOX(Duration.ofMinutes(4)),
  DESTROY_SANDBOX(Duration.ofMinutes(4)),
  UPDATE_SANDBOX_NETWORK_SETTINGS(Duration.ofMinutes(1));

  private final Duration patience;

  JobType(Duration patience) {
    this.patience = patience;
  }

  /// From the time when nothing is before it any more, and again from the time when a runner takes
  /// it, to the report.
  public Duration patience() {
    return patience;
  }
}
