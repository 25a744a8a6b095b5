package dev.sandlot.controlplane.job;

import dev.sandlot.model.RunnerId;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobResource;
import dev.sandlot.model.job.JobStatus;
import dev.sandlot.model.job.JobType;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// An order to a runner about one resource. May be carried out twice.
///
/// @param payload JSON of what its type carries; empty for nothing
/// @param traceContext W3C headers of the request behind the order
/// @param errorMessage why it failed
/// @param resultMetadata JSON, by type
public record Job(
    JobId id,
    JobType type,
    JobStatus status,
    RunnerId runner,
    JobResource resource,
    Optional<String> payload,
    Map<String, String> traceContext,
    Optional<String> errorMessage,
    Optional<String> resultMetadata,
    Instant createdAt,
    Instant updatedAt) {
  public Job {
    traceContext = Map.copyOf(traceContext);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "Job[id="
        + id
        + ", type="
        + type
        + ", status="
        + status
        + ", resource="
        + resource
        + "]";
  }
}
