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

/// The operations of the published contract, api/control.json.
final class KnownOperations {
  private static final String RESOURCE = "/api/control.json";
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

  /// @throws UncheckedIOException when the file is not on the class path
  static KnownOperations load() {
    List<Operation> operations = new ArrayList<>();
    try (InputStream file = KnownOperations.class.getResourceAsStream(RESOURCE)) {
      if (file == null) {
        throw new IOException(RESOURCE + " is not on the class path");
      }
      Map<?, ?> document = Json.read(file.readAllBytes(), Map.class);
      if (!(document.get("paths") instanceof Map<?, ?> paths)) {
        throw new IOException(RESOURCE + " has no paths");
      }
      paths.forEach((path, methods) -> {
        if (methods instanceof Map<?, ?> ofPath) {
          ofPath.keySet().stream()
              .map(String::valueOf)
              .filter(METHODS::contains)
              .map(method -> method.toUpperCase(Locale.ROOT))
              .forEach(method -> operations.add(new Operation(method, String.valueOf(path))));
        }
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new KnownOperations(operations);
  }

  List<Operation> all() {
    return operations;
  }

  boolean contains(String method, String path) {
    return table.find(method, path).isPresent();
  }
}
