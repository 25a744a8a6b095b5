package dev.sandlot.runner.job;

import dev.sandlot.model.TraceContext;
import dev.sandlot.model.job.JobId;
import java.time.Instant;

/// A job as the control plane sends it; {@link Order} is its parsed form.
///
/// @param type "CREATE_SANDBOX", … (docs/contract/runners.md#jobs)
/// @param resourceType kind of its resource, "SANDBOX"
/// @param resourceId id of its resource
/// @param payload JSON, by type; empty for none
/// @param trace that the order belongs to
/// @param createdAt when the control plane created it
public record Job(
    JobId id,
    String type,
    String resourceType,
    String resourceId,
    String payload,
    TraceContext trace,
    Instant createdAt) {
  /// Leaves out the payload, which may hold secrets.
  @Override
  public String toString() {
    return "Job[id=" + id + ", type=" + type + ", " + resourceType + " " + resourceId + "]";
  }
}
