package dev.sandlot.runtime;

import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Runs sandboxes on one machine with one engine. A sandbox has a disk, which is durable, and an
/// engine process while it runs.
///
/// Thread-safe. All operations are idempotent. Operations on one sandbox run one at a time, those
/// on different sandboxes concurrently. All block, and throw {@link RuntimeFailure}.
public interface RuntimeDriver {
  /// The engine's name, "runsc".
  String engine();

  /// The optional capabilities of the engine.
  Set<Capability> capabilities();

  /// The machine and the engine as they are now.
  HostDescription describe();

  /// Creates a sandbox's disk. An existing disk of the same image is left as it is.
  ///
  /// @throws RuntimeFailure NOT_FOUND when there is no such image, NO_SPACE, EXISTS when the disk
  ///   is of another image
  void createDisk(DiskRequest request);

  /// Starts a sandbox on its disk. One that runs already is left as it is.
  ///
  /// @return how to reach its agent, which may need a moment to answer
  /// @throws RuntimeFailure NOT_FOUND when it has no disk, CAPACITY, ENGINE
  StartedSandbox start(StartRequest request);

  /// Ends what runs; the disk stays. Nothing to do when nothing runs.
  ///
  /// @param grace how long an engine whose agent has ended may take to write files, 10 s at most
  StoppedSandbox stop(SandboxId id, Duration grace);

  /// Kills what runs; the disk stays. Nothing to do when nothing runs.
  default void kill(SandboxId id) {
    var _ = stop(id, Duration.ZERO);
  }

  /// Ends what runs and removes the disk. Nothing to do when there is none.
  void deleteDisk(SandboxId id);

  /// Changes the limits of a running sandbox at once.
  void setLimits(SandboxId id, SandboxLimits limits);

  /// Changes a running sandbox's network policy, at once and for open connections too.
  void setNetwork(SandboxId id, NetworkPolicy network);

  /// Pauses all processes of a running sandbox. Needs {@link Capability#PAUSE}. Not to be repeated:
  /// engines refuse to pause a sandbox that is paused, and to resume one that is not.
  void pause(SandboxId id);

  /// Undoes {@link #pause}.
  void resume(SandboxId id);

  /// Every sandbox that has a disk, running or not.
  List<HostedDisk> list();

  /// One of {@link #list}, with what it uses; empty when it has no disk.
  Optional<SandboxUsage> inspect(SandboxId id);

  /// The entrypoint of an image: program and arguments. Empty when it has none, or is not on this
  /// machine.
  List<String> entrypoint(String image);

  /// A capability that only some engines have.
  enum Capability {
    /// Processes can be paused and resumed.
    PAUSE
  }
}
