package dev.sandlot.controlplane.organization;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.UserId;
import java.time.InstantSource;

/// Who owns what. Thread-safe.
public final class Organizations {
  private final PostgresOrganizationStore store;
  private final InstantSource clock;

  public Organizations(PostgresDatabase database, InstantSource clock) {
    this.store = new PostgresOrganizationStore(database);
    this.clock = clock;
  }

  /// The user who runs this deployment, and the organisation of that user.
  public record Owner(OrganizationId organization, UserId user) {}

  /// The first administrator; made, with an organisation, if there is none.
  ///
  /// @param defaultRegion where that organisation's sandboxes run unless they say otherwise
  public Owner ensureOwner(String defaultRegion) {
    return store
        .owner()
        .orElseGet(() -> {
          Owner owner = new Owner(OrganizationId.random(), UserId.random());
          store.insert(owner, defaultRegion, clock.instant());
          return owner;
        });
  }
}
