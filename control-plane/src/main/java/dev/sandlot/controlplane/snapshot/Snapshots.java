package dev.sandlot.controlplane.snapshot;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SnapshotId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// The snapshots. Thread-safe.
public final class Snapshots {
  private final PostgresSnapshotStore store;
  private final InstantSource clock;

  public Snapshots(PostgresDatabase database, InstantSource clock) {
    this.store = new PostgresSnapshotStore(database);
    this.clock = clock;
  }

  /// Sees to it that the default snapshot exists as it is configured.
  public void ensureDefault(DefaultSnapshot snapshot) {
    store.putGeneral(SnapshotId.random(), snapshot, clock.instant());
  }

  /// A snapshot that the organisation may use, by id or name; its own before a general one.
  public Optional<Snapshot> find(OrganizationId organization, String nameOrId) {
    return store.find(organization, nameOrId);
  }

  /// All that the organisation may use: its own, then general ones, those last used first.
  public List<Snapshot> visibleTo(OrganizationId organization) {
    return store.visibleTo(organization);
  }

  /// Notes that a sandbox was made from it.
  public void used(SnapshotId id) {
    store.used(id, clock.instant());
  }
}
