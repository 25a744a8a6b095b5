package dev.sandlot.controlplane;

import dev.sandlot.http.Json;
import dev.sandlot.http.PathPattern;
import dev.sandlot.http.Route;
import dev.sandlot.http.RouteTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The operations of the published contract, api/control.json and api/analytics.json.
final class KnownOperations {
  private static final List<String> RESOURCES = List.of("/api/control.json", "/api/analytics.json");
  private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

  private final List<Operation> operations;
  private final RouteTable<Operation> table;

  private KnownOperations(List<Operation> operations) {
    this.operations = List.copyOf(operations);
    this.table =
        new RouteTable<>(
            operations.stream()
                .map(one ->
                    new Route<>(one.method(), new PathPattern(one.path()), one, exchange -> {}))
                .toList());
  }

  /// @param path with its parameters in braces
  record Operation(String method, String path) {
    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  /// @throws UncheckedIOException when a file is not on the class path
  static KnownOperations load() {
    List<Operation> operations = new ArrayList<>();
    for (String resource : RESOURCES) {
      paths(resource)
          .forEach((path, methods) -> {
            if (methods instanceof Map<?, ?> ofPath) {
              ofPath.keySet().stream()
                  .map(String::valueOf)
                  .filter(METHODS::contains)
                  .map(method -> method.toUpperCase(Locale.ROOT))
                  .forEach(method -> operations.add(new Operation(method, String.valueOf(path))));
            }
          });
    }
    return new KnownOperations(operations);
  }

  private static Map<?, ?> paths(String resource) {
    try (InputStream file = KnownOperations.class.getResourceAsStream(resource)) {
      if (file == null) {
        throw new IOException(resource + " is not on the class path");
      }
      Map<?, ?> document = Json.read(file.readAllBytes(), Map.class);
      if (!(document.get("paths") instanceof Map<?, ?> paths)) {
        throw new IOException(resource + " has no paths");
      }
      return paths;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Operation> all() {
    return operations;
  }

  boolean contains(String method, String path) {
    return table.find(method, path).isPresent();
  }
}
