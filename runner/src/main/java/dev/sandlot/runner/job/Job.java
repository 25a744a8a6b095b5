package dev.sandlot.runner.job;

import dev.sandlot.model.TraceContext;
import dev.sandlot.model.job.JobId;
import java.time.Instant;

/// A job as the control plane hands it out; whether this runner can do it {@link Order} tells.
///
/// @param type "CREATE_SANDBOX", … (docs/contract/runners.md#jobs)
/// @param resourceType what kind of thing it is about, "SANDBOX"
/// @param resourceId which one
/// @param payload JSON, by type; empty for none
/// @param trace that the order belongs to
/// @param createdAt when it was given
public record Job(
    JobId id,
    String type,
    String resourceType,
    String resourceId,
    String payload,
    TraceContext trace,
    Instant createdAt) {
  /// Without what is secret.
  @Override
  public String toString() {
    return "Job[id=" + id + ", type=" + type + ", " + resourceType + " " + resourceId + "]";
  }
}
