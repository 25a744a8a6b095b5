package dev.sandlot.model.job;

import dev.sandlot.model.SandboxId;
import dev.sandlot.model.Uuids;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/// One thing that jobs are about. Jobs of one resource are done one after the other.
public record JobResource(JobResourceKind kind, UUID id) {
  public static JobResource of(SandboxId sandbox) {
    return new JobResource(JobResourceKind.SANDBOX, sandbox.value());
  }

  /// Reads what the wire calls `resourceType` and `resourceId`.
  public static Optional<JobResource> parse(String kind, String id) {
    return Arrays.stream(JobResourceKind.values())
        .filter(one -> one.name().equals(kind))
        .findFirst()
        .flatMap(found -> Uuids.parse(id).map(uuid -> new JobResource(found, uuid)));
  }

  /// The sandbox that this is.
  ///
  /// @throws IllegalStateException when it is something else
  public SandboxId sandbox() {
    if (kind != JobResourceKind.SANDBOX) {
      throw new IllegalStateException(this + " is no sandbox");
    }
    return new SandboxId(id);
  }

  @Override
  public String toString() {
    return kind + " " + id;
  }
}
