package dev.sandlot.controlplane.platform;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// How to reach PostgreSQL.
///
/// @param jdbcUrl "jdbc:postgresql://host:port/database", nothing secret in it; host and port are
///   unused with a socket
/// @param user the role to connect as
/// @param password empty where the server knows by the socket's peer who connects
/// @param socket the server's Unix socket, ".s.PGSQL.5432" and its like; empty for TCP
/// @param connectionsMax connections of the pool, 2 or more; one more is kept for notifications
/// @param options further properties of the driver, some of which may be secret
public record DatabaseConfig(
    String jdbcUrl,
    Optional<String> user,
    Optional<String> password,
    Optional<Path> socket,
    int connectionsMax,
    Map<String, String> options) {
  private static final int CONNECTIONS_DEFAULT = 16;

  public DatabaseConfig {
    if (!jdbcUrl.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException("the database's URL must begin with jdbc:postgresql:");
    }
    if (connectionsMax < 2) {
      throw new IllegalArgumentException("connectionsMax must be 2 or more");
    }
    options = Map.copyOf(options);
  }

  /// A server on this machine, over its Unix socket.
  ///
  /// @param directory the server's `unix_socket_directories`
  /// @param port the number in the socket's name
  public static DatabaseConfig ofSocket(Path directory, int port, String user, String database) {
    return new DatabaseConfig(
        "jdbc:postgresql://localhost:" + port + "/" + database,
        Optional.of(user),
        Optional.empty(),
        Optional.of(directory.resolve(".s.PGSQL." + port)),
        CONNECTIONS_DEFAULT,
        Map.of());
  }

  /// A server named by a URL, `postgresql://user:password@host:port/database?…` or its JDBC form.
  ///
  /// @throws IllegalArgumentException when it is neither; the message does not repeat it
  public static DatabaseConfig ofUrl(String url) {
    DatabaseUrl read = DatabaseUrl.read(url);
    return new DatabaseConfig(
        read.address(),
        read.user(),
        read.password(),
        Optional.empty(),
        CONNECTIONS_DEFAULT,
        read.options());
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "DatabaseConfig[" + jdbcUrl + ", socket=" + socket + "]";
  }
}
