package dev.sandlot.controlplane.job;

/// How far a job is.
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
}
