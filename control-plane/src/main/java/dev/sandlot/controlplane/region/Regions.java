package dev.sandlot.controlplane.region;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The regions. There are few and they hardly change, so they are kept in memory for some seconds.
/// Thread-safe.
public final class Regions {
  private static final Duration KEPT = Duration.ofSeconds(5);

  private final PostgresRegionStore store;
  private final InstantSource clock;
  private final LoadingCache<String, List<Region>> kept;

  public Regions(PostgresDatabase database, InstantSource clock) {
    this.store = new PostgresRegionStore(database);
    this.clock = clock;
    this.kept = Caffeine.newBuilder().expireAfterWrite(KEPT).build(_ -> store.all());
  }

  private List<Region> all() {
    return kept.get("all");
  }

  /// Sees to it that a shared region of that id exists.
  public void ensureShared(String id, String name) {
    store.insertIfAbsent(id, name, clock.instant());
    kept.invalidateAll();
  }

  /// Those that every organisation may use.
  public List<Region> shared() {
    return all().stream().filter(region -> region.organization().isEmpty()).toList();
  }

  /// Those that this organisation may use, its own first.
  public List<Region> visibleTo(OrganizationId organization) {
    return all().stream()
        .filter(region -> region.organization().map(organization::equals).orElse(true))
        .sorted(Comparator.comparing((Region region) -> region.organization().isEmpty()))
        .toList();
  }

  /// A region that the organisation may use, by name (its own before a shared one) or id.
  public Optional<Region> find(OrganizationId organization, String nameOrId) {
    List<Region> visible = visibleTo(organization);
    return visible.stream()
        .filter(region -> region.name().equals(nameOrId))
        .findFirst()
        .or(() -> visible.stream().filter(region -> region.id().equals(nameOrId)).findFirst());
  }

  /// Where the organisation's sandboxes run unless they say otherwise.
  public Optional<Region> defaultOf(OrganizationId organization) {
    return store
        .defaultOf(organization)
        .flatMap(id -> all().stream().filter(region -> region.id().equals(id)).findFirst());
  }
}
