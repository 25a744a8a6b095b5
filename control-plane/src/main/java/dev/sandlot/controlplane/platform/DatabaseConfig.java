package dev.sandlot.controlplane.platform;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// How to reach PostgreSQL.
///
/// @param jdbcUrl "jdbc:postgresql://host:port/database"; host and port are unused with a socket
/// @param user the role to connect as
/// @param password empty where the server tells by the socket's peer who connects
/// @param socket the server's Unix socket, ".s.PGSQL.5432" and its like; empty for TCP
/// @param connectionsMax connections of the pool, 2 or more; one more is kept for notifications
public record DatabaseConfig(
    String jdbcUrl,
    Optional<String> user,
    Optional<String> password,
    Optional<Path> socket,
    int connectionsMax) {
  private static final String SHORT_SCHEME = "postgres:";
  private static final int CONNECTIONS_DEFAULT = 16;

  public DatabaseConfig {
    if (!jdbcUrl.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "the database's URL must begin with postgresql:// or jdbc:postgresql://");
    }
    if (connectionsMax < 2) {
      throw new IllegalArgumentException("connectionsMax must be 2 or more");
    }
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
        CONNECTIONS_DEFAULT);
  }

  /// A server named by a URL, `postgresql://user:password@host:port/database?…` or its JDBC form.
  ///
  /// @throws IllegalArgumentException when it is neither
  public static DatabaseConfig ofUrl(String url) {
    if (url.startsWith("jdbc:")) {
      return new DatabaseConfig(
          url, Optional.empty(), Optional.empty(), Optional.empty(), CONNECTIONS_DEFAULT);
    }
    URI uri =
        URI.create(
            url.startsWith(SHORT_SCHEME)
                ? "postgresql:" + url.substring(SHORT_SCHEME.length())
                : url);
    if (!"postgresql".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new IllegalArgumentException(
          "the database's URL must look like postgresql://user:password@host:5432/database");
    }
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    Optional<String> credentials = Optional.ofNullable(uri.getRawUserInfo());
    return new DatabaseConfig(
        "jdbc:postgresql://" + uri.getHost() + port + uri.getRawPath() + query,
        credentials.map(text -> decode(before(text))),
        credentials.filter(text -> text.contains(":")).map(text -> decode(after(text))),
        Optional.empty(),
        CONNECTIONS_DEFAULT);
  }

  private static String before(String credentials) {
    int colon = credentials.indexOf(':');
    return colon < 0 ? credentials : credentials.substring(0, colon);
  }

  private static String after(String credentials) {
    return credentials.substring(credentials.indexOf(':') + 1);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private String withoutQuery() {
    int query = jdbcUrl.indexOf('?');
    return query < 0 ? jdbcUrl : jdbcUrl.substring(0, query);
  }

  /// Without the password, also where the URL carries one.
  @Override
  public String toString() {
    return "DatabaseConfig[" + withoutQuery() + ", socket=" + socket + "]";
  }
}
