package dev.sandlot.controlplane.snapshot;

import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SnapshotId;
import java.time.Instant;
import java.util.Optional;

/// What a sandbox starts from.
///
/// @param organization empty: general, for all
/// @param ref the image's id on the runners
/// @param state "active" is the only one from which sandboxes start
/// @param cpu cores of a sandbox made from it
/// @param memory GiB
/// @param disk GiB
public record Snapshot(
    SnapshotId id,
    Optional<OrganizationId> organization,
    String name,
    String ref,
    String state,
    int cpu,
    int memory,
    int disk,
    Instant createdAt,
    Instant updatedAt,
    Optional<Instant> lastUsedAt) {
  public boolean active() {
    return state.equals("active");
  }
}
