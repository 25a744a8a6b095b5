package dev.sandlot.controlplane.snapshot;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SnapshotId;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// The snapshots. Thread-safe.
public final class Snapshots {
  private static final List<OptionalSnapshot> OPTIONAL = List.of(OptionalSnapshot.DESKTOP);

  private final PostgresSnapshotStore store;
  private final ImageCatalog images;
  private final InstantSource clock;

  /// @param images where the images of optional snapshots are asked for
  public Snapshots(PostgresDatabase database, ImageCatalog images, InstantSource clock) {
    this.store = new PostgresSnapshotStore(database);
    this.images = images;
    this.clock = clock;
  }

  /// Sees to it that the default snapshot exists as it is configured.
  public void ensureDefault(DefaultSnapshot snapshot) {
    store.putGeneral(SnapshotId.random(), snapshot, clock.instant());
  }

  /// Offers the optional snapshots whose images are there, and takes back those whose are not.
  public void ensureOptional() {
    for (OptionalSnapshot optional : OPTIONAL) {
      if (!offer(optional)) {
        store.removeGeneral(optional.name());
      }
    }
  }

  private boolean offer(OptionalSnapshot optional) {
    Optional<String> image = images.newest(optional.name());
    image.ifPresent(
        id -> store.putGeneral(SnapshotId.random(), optional.from(id), clock.instant()));
    return image.isPresent();
  }

  /// A snapshot that the organisation may use, by id or name; its own before a general one.
  public Optional<Snapshot> find(OrganizationId organization, String nameOrId) {
    Optional<Snapshot> found = store.find(organization, nameOrId);
    if (found.isEmpty() && optional(nameOrId).filter(this::offer).isPresent()) {
      return store.find(organization, nameOrId);
    }
    return found;
  }

  /// Why {@link #find} found nothing, for the caller.
  public String absence(String nameOrId) {
    return ClientWords.snapshotNotFound(
        nameOrId,
        optional(nameOrId)
            .map(one -> "its image was not built here; build it with: ./dev setup " + one.step())
            .orElse("there is none with that id or name"));
  }

  private static Optional<OptionalSnapshot> optional(String name) {
    return OPTIONAL.stream().filter(one -> one.name().equals(name)).findFirst();
  }

  /// All that the organisation may use: its own, then general ones, those last used first.
  public List<Snapshot> visibleTo(OrganizationId organization) {
    List<Snapshot> visible = store.visibleTo(organization);
    boolean more = false;
    for (OptionalSnapshot one : OPTIONAL) {
      boolean there =
          visible.stream()
              .anyMatch(known -> known.organization().isEmpty() && known.name().equals(one.name()));
      more |= !there && offer(one);
    }
    return more ? store.visibleTo(organization) : visible;
  }

  /// Notes that a sandbox was made from it.
  public void used(SnapshotId id) {
    store.used(id, clock.instant());
  }
}
