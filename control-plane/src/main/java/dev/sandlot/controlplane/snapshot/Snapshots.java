package dev.sandlot.controlplane.snapshot;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SnapshotId;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The snapshots. Thread-safe.
public final class Snapshots {
  private static final List<OptionalSnapshot> OPTIONAL = List.of(OptionalSnapshot.DESKTOP);

  private final PostgresSnapshotStore store;
  private final ImageCatalog images;

  /// Empty where none has images that could be asked for here.
  private final String runner;

  private final InstantSource clock;

  /// @param images where the images of optional snapshots are asked for
  /// @param runner the name of the runner that has those images; empty: none is on this machine
  public Snapshots(
      PostgresDatabase database,
      ImageCatalog images,
      Optional<String> runner,
      InstantSource clock) {
    this.store = new PostgresSnapshotStore(database);
    this.images = images;
    this.runner = runner.orElse("");
    this.clock = clock;
  }

  /// Sees to it that the default snapshot exists as it is configured.
  ///
  /// Preconditions: the runner exists, if there is one here.
  public void ensureDefault(DefaultSnapshot snapshot) {
    store.putGeneral(SnapshotId.random(), snapshot, runner, clock.instant());
  }

  /// Offers the optional snapshots whose images are there, and takes back those whose are not.
  public void ensureOptional() {
    for (OptionalSnapshot optional : OPTIONAL) {
      if (!offer(optional)) {
        store.removeGeneral(optional.name(), runner);
      }
    }
  }

  private boolean offer(OptionalSnapshot optional) {
    Optional<String> image = images.newest(optional.name());
    image.ifPresent(
        id -> store.putGeneral(SnapshotId.random(), optional.from(id), runner, clock.instant()));
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

  /// Takes what a runner says of its images. One whose images are asked for here has those that it
  /// was found to have.
  ///
  /// @param reported the newest image of each name
  public void reported(RunnerId from, Map<String, ReportedImage> reported) {
    for (OptionalSnapshot optional : OPTIONAL) {
      ReportedImage image = reported.get(optional.name());
      if (image != null) {
        store.addGeneral(SnapshotId.random(), optional.from(image.ref()), clock.instant());
      }
    }
    store.putReported(from, runner, reported);
  }

  /// The runners on which sandboxes can be made from a snapshot, with the image's id on each.
  public Map<RunnerId, String> refs(SnapshotId id) {
    return store.refs(id);
  }

  /// Notes that a sandbox was made from it on a runner.
  public void used(SnapshotId id, RunnerId on) {
    store.used(id, on, clock.instant());
  }
}
