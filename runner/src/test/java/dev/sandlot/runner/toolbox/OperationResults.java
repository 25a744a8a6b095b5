package dev.sandlot.runner.toolbox;

import dev.sandlot.http.Json;
import dev.sandlot.http.Route;
import dev.sandlot.http.RouteTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// What the operations of the published contract answered in the tests of this run, by engine.
/// Thread-safe.
public final class OperationResults {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");
  private static final RouteTable<String> CONTRACT = new RouteTable<>(contract());
  private static final Map<String, Map<String, SortedSet<Integer>>> RESULTS = new TreeMap<>();

  private OperationResults() {}

  /// Notes an answer.
  ///
  /// @param status of HTTP, or the code that a WebSocket was closed with
  public static void note(String engine, String method, String rawPath, int status) {
    CONTRACT
        .find(method, rawPath)
        .ifPresent(found -> {
          synchronized (RESULTS) {
            RESULTS
                .computeIfAbsent(engine, _ -> new TreeMap<>())
                .computeIfAbsent(found.route().access(), _ -> new TreeSet<>())
                .add(status);
          }
        });
  }

  /// The contract's operations, as in "GET /files".
  static SortedSet<String> operations() {
    SortedSet<String> operations = new TreeSet<>();
    CONTRACT.routes().forEach(route -> operations.add(route.access()));
    return operations;
  }

  /// What an operation answered on an engine so far.
  static SortedSet<Integer> of(String engine, String operation) {
    synchronized (RESULTS) {
      return new TreeSet<>(
          RESULTS.getOrDefault(engine, Map.of()).getOrDefault(operation, new TreeSet<>()));
    }
  }

  private static List<Route<String>> contract() {
    List<Route<String>> routes = new ArrayList<>();
    try {
      JsonNode paths =
          Json.read(Files.readAllBytes(Path.of("../api/toolbox.json")), JsonNode.class)
              .path("paths");
      for (Map.Entry<String, JsonNode> path : paths.properties()) {
        for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
          if (METHODS.contains(method.getKey())) {
            String name = method.getKey().toUpperCase(Locale.ROOT);
            routes.add(new Route<>(name, path.getKey(), name + " " + path.getKey(), _ -> {}));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return routes;
  }
}
