package dev.sandlot.model.job;

import java.util.Arrays;
import java.util.Optional;

/// How far a job is. The names are those of the wire and of the database.
public enum JobStatus {
  /// Waits for its runner.
  PENDING,
  /// The runner has it.
  IN_PROGRESS,
  /// Done.
  COMPLETED,
  /// Given up; a new one must be ordered.
  FAILED;

  /// Whether nothing more will happen to it.
  public boolean isFinal() {
    return this == COMPLETED || this == FAILED;
  }

  /// Reads a name.
  public static Optional<JobStatus> parse(String name) {
    return Arrays.stream(values()).filter(one -> one.name().equals(name)).findFirst();
  }
}
