package dev.sandlot.model;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/// Where a sandbox is in its life. What is intended is part of it: STOPPING means that someone
/// wants it stopped. Clients see the wire names (docs/contract/sandboxes.md#reported-state).
public enum SandboxState {
  /// Its runner is to make it and start it.
  CREATING("creating", "started", Optional.of(Duration.ofMinutes(15)), true),
  /// It runs.
  STARTED("started", "started", Optional.empty(), true),
  /// Its runner is to end its processes; files stay.
  STOPPING("stopping", "stopped", Optional.of(Duration.ofMinutes(5)), true),
  /// It does not run; its files are on its runner.
  STOPPED("stopped", "stopped", Optional.empty(), false),
  /// Its runner is to start it again.
  STARTING("starting", "started", Optional.of(Duration.ofMinutes(5)), true),
  /// Its runner is to remove it with its files. Its name is free again.
  DESTROYING("destroying", "destroyed", Optional.of(Duration.ofMinutes(5)), false),
  /// It is gone; the row is kept for a day.
  DESTROYED("destroyed", "destroyed", Optional.empty(), false),
  /// Something failed, and the reason is kept. It can be deleted, and recovered if it says so.
  ERROR("error", "started", Optional.empty(), false);

  /// States of the contract that no sandbox of this build is ever in.
  private static final Set<String> OF_OTHER_BUILDS =
      Set.of(
          "restoring",
          "build_failed",
          "pending_build",
          "building_snapshot",
          "unknown",
          "pulling_snapshot",
          "archived",
          "archiving",
          "resizing",
          "snapshotting",
          "forking",
          "pausing",
          "paused",
          "resuming");

  private final String wire;
  private final String wireDesired;
  private final Optional<Duration> timeout;
  private final boolean usesProcessor;

  SandboxState(String wire, String wireDesired, Optional<Duration> timeout, boolean usesProcessor) {
    this.wire = wire;
    this.wireDesired = wireDesired;
    this.timeout = timeout;
    this.usesProcessor = usesProcessor;
  }

  /// As clients read it.
  public String wire() {
    return wire;
  }

  /// The intention, as clients read it.
  public String wireDesired() {
    return wireDesired;
  }

  /// How long it may last; empty for a state in which nothing is pending.
  public Optional<Duration> timeout() {
    return timeout;
  }

  /// Whether it counts towards the cores and memory of its runner.
  public boolean usesProcessor() {
    return usesProcessor;
  }

  /// Whether it runs, and nothing is to change about that.
  public boolean isRunning() {
    return this == STARTED;
  }

  /// Whether nothing of it may run. In error too: it was given up, perhaps while its runner was not
  /// heard of, and what runs is accounted to nobody.
  public boolean isAtRest() {
    return this == STOPPED || this == DESTROYED || this == ERROR;
  }

  /// Whether its files count towards the disk of its runner.
  public boolean keepsFiles() {
    return this != DESTROYED;
  }

  /// Whether it runs or is being started.
  public boolean isMeantToRun() {
    return this == CREATING || this == STARTING || this == STARTED;
  }

  /// Whether it is going to be gone, or is.
  public boolean isBeingRemoved() {
    return this == DESTROYING || this == DESTROYED;
  }

  /// Whether nothing follows.
  public boolean isFinal() {
    return this == DESTROYED;
  }

  /// Whether the contract knows a state of this wire name, though this build may never have it.
  public static boolean isOfContract(String wire) {
    return OF_OTHER_BUILDS.contains(wire) || parse(wire).isPresent();
  }

  /// Reads a wire name; empty for those of the contract that this build never has.
  public static Optional<SandboxState> parse(String wire) {
    return Arrays.stream(values()).filter(state -> state.wire.equals(wire)).findFirst();
  }
}
