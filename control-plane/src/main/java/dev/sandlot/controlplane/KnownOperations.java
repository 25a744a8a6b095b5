package dev.sandlot.controlplane;

import dev.sandlot.http.Json;
import dev.sandlot.http.PathPattern;
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

  private final List<Known> operations;

  private KnownOperations(List<Known> operations) {
    this.operations = List.copyOf(operations);
  }

  /// What the contract says of an operation.
  record Known(String id, String method, PathPattern path) {
    @Override
    public String toString() {
      return method + " " + path.text();
    }
  }

  /// @throws UncheckedIOException when a file is not on the class path
  static KnownOperations load() {
    List<Known> operations = new ArrayList<>();
    for (String resource : RESOURCES) {
      paths(resource)
          .forEach((path, methods) -> {
            if (methods instanceof Map<?, ?> ofPath) {
              ofPath.forEach((method, described) -> {
                if (METHODS.contains(String.valueOf(method))
                    && described instanceof Map<?, ?> operation) {
                  operations.add(
                      new Known(
                          String.valueOf(operation.get("operationId")),
                          String.valueOf(method).toUpperCase(Locale.ROOT),
                          new PathPattern(String.valueOf(path))));
                }
              });
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

  List<Known> all() {
    return operations;
  }

  boolean contains(String method, String path) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    return operations.stream()
        .anyMatch(one -> one.method().equals(wanted) && one.path().match(path).isPresent());
  }
}
