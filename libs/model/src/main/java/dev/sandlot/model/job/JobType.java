package dev.sandlot.model.job;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/// What a runner can be ordered to do: to what kind of resource, with which payload, and how long
/// that may take before it counts as failed. The one place that says which payload a job carries:
/// both ends write and read it as that record's JSON. The names are those of the wire and of the
/// database (docs/contract/runners.md#jobs).
public enum JobType {
  CREATE_SANDBOX(JobResourceKind.SANDBOX, SandboxJob.class, Duration.ofMinutes(10)),
  START_SANDBOX(JobResourceKind.SANDBOX, SandboxJob.class, Duration.ofMinutes(4)),
  STOP_SANDBOX(JobResourceKind.SANDBOX, StopJob.class, Duration.ofMinutes(4)),
  DESTROY_SANDBOX(JobResourceKind.SANDBOX, NoPayload.class, Duration.ofMinutes(4)),
  UPDATE_SANDBOX_NETWORK_SETTINGS(JobResourceKind.SANDBOX, NetworkJob.class, Duration.ofMinutes(1));

  private final JobResourceKind kind;
  private final Class<? extends JobPayload> payload;
  private final Duration timeout;

  JobType(JobResourceKind kind, Class<? extends JobPayload> payload, Duration timeout) {
    this.kind = kind;
    this.payload = payload;
    this.timeout = timeout;
  }

  /// What it is done to.
  public JobResourceKind kind() {
    return kind;
  }

  /// What it carries.
  public Class<? extends JobPayload> payload() {
    return payload;
  }

  /// From the time when nothing is before it any more, and again from the time when a runner takes
  /// it, to the report.
  public Duration timeout() {
    return timeout;
  }

  /// Reads a name; empty for a type of a newer control plane.
  public static Optional<JobType> parse(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }
}
