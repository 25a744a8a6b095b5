package dev.sandlot.toolbox;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Route;
import dev.sandlot.http.RouteTable;
import dev.sandlot.toolbox.call.ToolboxAccess;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The operations of the contract that this build does not serve, from
/// api/unrouted-toolbox-operations.txt: one line "METHOD /path" each. Immutable.
record UnroutedOperations(RouteTable<ToolboxAccess> table) {
  private static final String FILE = "/unrouted-toolbox-operations.txt";
  private static final Endpoint NONE = _ -> {};

  static UnroutedOperations load() {
    try (InputStream in = UnroutedOperations.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + FILE);
      }
      List<Route<ToolboxAccess>> routes =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .map(UnroutedOperations::route)
              .toList();
      return new UnroutedOperations(new RouteTable<>(routes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Route<ToolboxAccess> route(String line) {
    int space = line.indexOf(' ');
    return new Route<>(
        line.substring(0, space), line.substring(space + 1), ToolboxAccess.ADMITTED_BY_PROXY, NONE);
  }

  /// The operation as the contract writes it.
  Optional<String> find(String method, String rawPath) {
    return table
        .find(method, rawPath)
        .map(match -> match.route().method() + " " + match.route().pattern().text());
  }
}
