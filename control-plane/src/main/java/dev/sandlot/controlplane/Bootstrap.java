package dev.sandlot.controlplane;

import dev.sandlot.controlplane.access.ApiKeys;
import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.organization.Organizations;
import dev.sandlot.controlplane.region.Regions;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.controlplane.snapshot.Snapshots;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What must exist before anyone can do anything: the first administrator with an organisation and
/// a key, a region, a runner, the default snapshot. Made at the first start, found at later ones.
///
/// @param organization the administrator's
/// @param runner the runner in the same process
/// @param others the keys of runners on other machines
/// @param adminKey the administrator's key if it was made now; it is nowhere else
/// @param runnerKey the runner's, likewise
/// @param proxyKey the proxy's, likewise
/// @param healthKey the one of monitors, likewise
public record Bootstrap(
    OrganizationId organization,
    UserId user,
    Optional<RunnerId> runner,
    Map<RunnerId, Secret> others,
    Optional<Secret> adminKey,
    Optional<Secret> runnerKey,
    Optional<Secret> proxyKey,
    Optional<Secret> healthKey) {
  private static final String ADMIN_KEY_NAME = "admin";

  /// Preconditions: in a transaction, so that a start that is cut short leaves nothing.
  static Bootstrap ensure(
      ControlPlaneConfig config,
      Organizations organizations,
      Regions regions,
      RunnerPool pool,
      Snapshots snapshots,
      ApiKeys keys) {
    regions.ensureShared(config.region(), config.region());
    Organizations.Owner owner = organizations.ensureOwner(config.region());
    ControlPlaneConfig.Keys given = config.keys();
    Optional<RunnerId> runner = config.runner().map(name -> pool.ensure(name, config.region()));
    snapshots.ensureDefault(config.defaultSnapshot());
    snapshots.ensureOptional();
    Map<RunnerId, Secret> others = new LinkedHashMap<>();
    config.others().forEach((name, key) -> others.put(pool.ensure(name, config.region()), key));
    others.forEach((id, key) -> keys.ensureRunner(id, Optional.of(key)));
    keys.retainRunners(Stream.concat(runner.stream(), others.keySet().stream()).toList());
    return new Bootstrap(
        owner.organization(),
        owner.user(),
        runner,
        Map.copyOf(others),
        keys.ensure(
            owner.organization(),
            owner.user(),
            ADMIN_KEY_NAME,
            EnumSet.allOf(Permission.class),
            given.admin()),
        runner.flatMap(id -> keys.ensureRunner(id, given.runner())),
        keys.ensureProxy(given.proxy()),
        keys.ensureHealth(given.health()));
  }
}
