package dev.sandlot.controlplane;

import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.controlplane.runnerpool.Overcommit;
import dev.sandlot.controlplane.runnerpool.Placement;
import dev.sandlot.controlplane.runnerpool.PlacementStrategy;
import dev.sandlot.controlplane.snapshot.DefaultSnapshot;
import dev.sandlot.controlplane.snapshot.ImageCatalog;
import dev.sandlot.http.throttle.FailedAttempts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What a control plane needs to know to start.
///
/// @param version of this server, sent with every answer
/// @param region the id and name of the region that always exists
/// @param runner the name of the runner in the same process; empty for none
/// @param others the keys of runners on other machines, by their names
/// @param images where optional snapshots' images are asked for
/// @param placement which runner a new sandbox goes to
/// @param keys keys that are given; those that are not are made at the first start
/// @param sweepPause between two looks for what time brings about (idle sandboxes, deadlines)
/// @param clock what time it is
/// @param attempts who is kept out for failing to authenticate; shared with the proxy
public record ControlPlaneConfig(
    DatabaseConfig database,
    Addresses addresses,
    String version,
    String region,
    Optional<String> runner,
    Map<String, Secret> others,
    DefaultSnapshot defaultSnapshot,
    ImageCatalog images,
    Overcommit overcommit,
    PlacementStrategy placement,
    Keys keys,
    Duration sweepPause,
    InstantSource clock,
    FailedAttempts attempts) {
  /// The name of a runner in the same process.
  public static final String OWN_RUNNER = "local";

  public ControlPlaneConfig {
    others = Map.copyOf(others);
  }

  /// Ten seconds between sweeps, the clock of the machine, no keys given.
  public static ControlPlaneConfig of(
      DatabaseConfig database, Addresses addresses, String version) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        "local",
        Optional.of(OWN_RUNNER),
        Map.of(),
        DefaultSnapshot.BUILT_IN,
        ImageCatalog.NONE,
        Overcommit.DEFAULT,
        Placement.SPREAD,
        Keys.NONE,
        Duration.ofSeconds(10),
        InstantSource.system(),
        FailedAttempts.standard());
  }

  public ControlPlaneConfig withKeys(Keys next) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        others,
        defaultSnapshot,
        images,
        overcommit,
        placement,
        next,
        sweepPause,
        clock,
        attempts);
  }

  /// Without a runner in the same process.
  public ControlPlaneConfig withoutRunner() {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        Optional.empty(),
        others,
        defaultSnapshot,
        images,
        overcommit,
        placement,
        keys,
        sweepPause,
        clock,
        attempts);
  }

  public ControlPlaneConfig withOthers(Map<String, Secret> next) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        next,
        defaultSnapshot,
        images,
        overcommit,
        placement,
        keys,
        sweepPause,
        clock,
        attempts);
  }

  public ControlPlaneConfig withSnapshots(DefaultSnapshot nextDefault, ImageCatalog nextImages) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        others,
        nextDefault,
        nextImages,
        overcommit,
        placement,
        keys,
        sweepPause,
        clock,
        attempts);
  }

  public ControlPlaneConfig withOvercommit(Overcommit next) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        others,
        defaultSnapshot,
        images,
        next,
        placement,
        keys,
        sweepPause,
        clock,
        attempts);
  }

  public ControlPlaneConfig withPlacement(PlacementStrategy next) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        others,
        defaultSnapshot,
        images,
        overcommit,
        next,
        keys,
        sweepPause,
        clock,
        attempts);
  }

  public ControlPlaneConfig withTime(Duration nextSweepPause, InstantSource nextClock) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        others,
        defaultSnapshot,
        images,
        overcommit,
        placement,
        keys,
        nextSweepPause,
        nextClock,
        attempts);
  }

  public ControlPlaneConfig withAttempts(FailedAttempts next) {
    return new ControlPlaneConfig(
        database,
        addresses,
        version,
        region,
        runner,
        others,
        defaultSnapshot,
        images,
        overcommit,
        placement,
        keys,
        sweepPause,
        clock,
        next);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "ControlPlaneConfig[version=" + version + ", region=" + region + "]";
  }

  /// Keys to hold from the start on. A given one replaces what was there.
  public record Keys(
      Optional<Secret> admin,
      Optional<Secret> runner,
      Optional<Secret> proxy,
      Optional<Secret> health) {
    public static final Keys NONE =
        new Keys(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /// Those that are given.
    Stream<Secret> given() {
      return Stream.of(admin, runner, proxy, health).flatMap(Optional::stream);
    }
  }
}
