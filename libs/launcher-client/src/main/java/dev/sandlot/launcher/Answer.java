package dev.sandlot.launcher;

import java.util.List;
import java.util.Optional;

/// What the launcher answers (api/launcher.md#operations). Components are the fields of its `ok`; a
/// field that is not there is empty, zero or false.
final class Answer {
  private Answer() {}

  /// No data.
  record Done() {}

  /// The launcher and the machine.
  record Host(
      List<Engine> engines,
      Optional<Pool> pool,
      String dnsAddress,
      int dnsPort,
      int sandboxesMax) {}

  /// An engine that the launcher was configured with.
  ///
  /// @param reason why it is not usable
  record Engine(String name, String version, boolean usable, Optional<String> reason) {}

  /// The disk pool.
  record Pool(long totalBytes, long freeBytes) {}

  /// A sandbox that runs.
  record Started(String agentSocket, String address, Optional<Phases> phases) {}

  /// Durations of the phases of an operation, in microseconds; zero for phases it does not have.
  record Phases(long networkUs, long storageUs, long engineUs, long releaseUs) {}

  /// A sandbox that does not run any more.
  record Stopped(Optional<Phases> phases) {}

  /// Every disk.
  record Sandboxes(List<Sandbox> sandboxes) {}

  /// A disk, what runs on it, and, only of `inspect_sandbox`, what that uses.
  record Sandbox(
      String id,
      String image,
      long diskBytes,
      boolean running,
      Optional<String> engine,
      Optional<String> address,
      Optional<Operation.Limits> limits,
      Optional<NetworkMode> network,
      Optional<String> agentSocket,
      Optional<Exit> exit,
      long cpuUsedUs,
      long memoryBytes,
      long pids,
      long diskUsedBytes,
      long oomKills) {}

  /// How the engine's process ended.
  ///
  /// @param code -1 with a signal
  record Exit(int code, int signal, boolean oom, long atMs) {}

  /// The images of the machine.
  record Images(List<Image> images) {}

  /// @param config the image's `image.json`
  record Image(String id, long sizeBytes, Optional<ImageConfig> config) {}

  /// @param name "sandlot/default"
  /// @param builtAt a time that sorts as text
  /// @param entrypoint what runs in its sandboxes from the start
  record ImageConfig(
      Optional<String> name, Optional<String> builtAt, Optional<List<String>> entrypoint) {}

  /// Where PostgreSQL listens.
  record Database(String socketDir, int port) {}
}
