package dev.sandlot.controlplane.snapshot;

import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SnapshotId;
import dev.sandlot.model.SnapshotState;
import java.time.Instant;
import java.util.Optional;

/// What a sandbox starts from.
///
/// @param organization empty: general, for all
/// @param ref the image's id on one of the runners that have it; empty when none has
/// @param cpu cores of a sandbox made from it
/// @param memory GiB
/// @param disk GiB
public record Snapshot(
    SnapshotId id,
    Optional<OrganizationId> organization,
    String name,
    Optional<String> ref,
    SnapshotState state,
    int cpu,
    int memory,
    int disk,
    Instant createdAt,
    Instant updatedAt,
    Optional<Instant> lastUsedAt) {
  public boolean active() {
    return state == SnapshotState.ACTIVE;
  }
}
