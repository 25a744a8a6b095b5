package dev.sandlot.runner.job;

import dev.sandlot.http.Json;
import dev.sandlot.model.job.JobPayload;
import dev.sandlot.model.job.JobResource;
import dev.sandlot.model.job.JobType;
import java.time.Instant;
import tools.jackson.core.JacksonException;

/// A parsed job of the control plane, about one resource.
///
/// @param payload of the class that the type carries
/// @param createdAt when the control plane created it
public record Order(JobType type, JobResource resource, JobPayload payload, Instant createdAt) {
  /// Reads a job.
  ///
  /// @throws JobFailure when this runner does not understand it
  static Order read(Job job) {
    JobType type =
        JobType.parse(job.type())
            .orElseThrow(() ->
                new JobFailure("this runner cannot carry out jobs of the kind " + job.type()));
    JobResource resource =
        JobResource.parse(job.resourceType(), job.resourceId())
            .filter(one -> one.kind() == type.kind())
            .orElseThrow(() ->
                new JobFailure(
                    type + " is not for " + job.resourceType() + " " + job.resourceId()));
    try {
      String json = job.payload().isEmpty() ? "{}" : job.payload();
      return new Order(type, resource, Json.read(json, type.payload()), job.createdAt());
    } catch (JacksonException | NullPointerException | IllegalArgumentException e) {
      throw new JobFailure("the job's payload is not that of " + type, e);
    }
  }

  /// The payload, as the class of its type.
  public <P extends JobPayload> P payload(Class<P> carried) {
    return carried.cast(payload);
  }
}
