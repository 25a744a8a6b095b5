package dev.sandlot.runner.job;

import dev.sandlot.model.JobId;
import dev.sandlot.model.SandboxId;
import java.time.Instant;

/// An order of the control plane about one sandbox.
///
/// @param type "CREATE_SANDBOX", … (docs/contract/runners.md#jobs)
/// @param payload JSON, by type; empty for none
/// @param createdAt when it was given
public record Job(JobId id, String type, SandboxId sandbox, String payload, Instant createdAt) {
  /// Without what is secret.
  @Override
  public String toString() {
    return "Job[id=" + id + ", type=" + type + ", sandbox=" + sandbox + "]";
  }
}
