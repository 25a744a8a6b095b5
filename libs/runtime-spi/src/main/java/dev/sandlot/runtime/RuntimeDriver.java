package dev.sandlot.runtime;

import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Runs sandboxes on one machine with one engine. A sandbox is a disk, which lasts, and what runs
/// on it, which may come and go.
///
/// Thread-safe. Every operation may be repeated and then ends in the same state; operations on one
/// sandbox are carried out one after the other, those on others beside them. All block, and throw
/// {@link RuntimeFailure}.
public interface RuntimeDriver {
  /// The engine's name, "runsc".
  String engine();

  /// What the engine can do beyond what each must.
  Set<Capability> capabilities();

  /// The machine and the engine as they are now.
  HostDescription describe();

  /// Makes a sandbox's disk. A disk of the same image is left as it is.
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
  /// @param grace how long one whose agent has ended is let finish its writing, 10 s at most
  StoppedSandbox stop(SandboxId id, Duration grace);

  /// Kills what runs; the disk stays. Nothing to do when nothing runs.
  default void kill(SandboxId id) {
    var _ = stop(id, Duration.ZERO);
  }

  /// Ends what runs and removes the disk. Nothing to do when there is none.
  void deleteDisk(SandboxId id);

  /// Changes the limits of a running sandbox at once.
  void setLimits(SandboxId id, SandboxLimits limits);

  /// Changes what a running sandbox may reach, at once and for open connections too.
  void setNetwork(SandboxId id, NetworkPolicy network);

  /// Stops the clock of all processes of a running sandbox. Needs {@link Capability#PAUSE}. Not to
  /// be repeated: engines refuse to pause a sandbox that is paused, and to resume one that is not.
  void pause(SandboxId id);

  /// Undoes {@link #pause}.
  void resume(SandboxId id);

  /// Every sandbox that has a disk, running or not.
  List<HostedDisk> list();

  /// One of {@link #list}, with what it uses; empty when it has no disk.
  Optional<SandboxUsage> inspect(SandboxId id);

  /// The program and arguments that an image wants to run from the start of its sandboxes; empty
  /// when it wants none, or is not here.
  List<String> entrypoint(String image);

  /// What only some engines can do.
  enum Capability {
    /// Processes can be stopped and go on where they were.
    PAUSE
  }
}
