package dev.sandlot.launcher;

import dev.sandlot.runtime.RuntimeFailure;
import java.nio.file.Path;

/// The PostgreSQL that the launcher runs beside us, under a user of its own. Thread-safe.
public final class LauncherDatabase {
  private final Path launcherSocket;

  /// @param launcherSocket where the launcher listens
  public LauncherDatabase(Path launcherSocket) {
    this.launcherSocket = launcherSocket;
  }

  /// How to reach it.
  ///
  /// @param socketDirectory its `unix_socket_directories`
  /// @param port the number in the socket's name
  public record Address(Path socketDirectory, int port) {}

  /// Starts it unless it runs, creating its cluster the first time, and waits until it accepts
  /// connections.
  ///
  /// @throws RuntimeFailure with the launcher's message, which says what to do
  public Address start() {
    try (LauncherClient client = new LauncherClient(launcherSocket)) {
      Answer.Database database = client.call(new Operation.DatabaseStart());
      return new Address(Path.of(database.socketDir()), database.port());
    }
  }
}
