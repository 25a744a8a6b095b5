package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandlot.http.Json;
import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationTable;
import dev.sandlot.http.PathPattern;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// What the operations of the published contract answered in tests, by engine. What they answered
/// in this JVM is kept in a file of the build when it ends. Thread-safe.
final class OperationResults {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");
  private static final OperationTable<String> CONTRACT = new OperationTable<>(contract());
  private static final Path FILE = Path.of("target/operation-results.json");

  /// Which run of the build this is; not set where Maven is not what runs the tests.
  private static final Optional<String> RUN =
      Optional.ofNullable(System.getProperty("operation.results.run"));

  private static final OperationResults SEEN = new OperationResults();

  static {
    RUN.ifPresent(run -> Runtime.getRuntime().addShutdownHook(new Thread(() -> SEEN.write(run))));
  }

  private final Map<String, Map<String, SortedSet<Integer>>> results = new TreeMap<>();

  private OperationResults() {}

  static OperationResults empty() {
    return new OperationResults();
  }

  /// What this run of the build has written down.
  ///
  /// @throws AssertionError when it has not
  static OperationResults ofThisBuild() {
    String chosen = System.getProperty("operation.results.chosen", "");
    assumeTrue(chosen.isEmpty() || chosen.startsWith("$"), "only chosen tests were run");
    try {
      JsonNode file = Json.read(Files.readAllBytes(FILE), JsonNode.class);
      assertThat(Optional.of(file.path("run").asString()))
          .as("the run that wrote %s: all tests have to run before, as with -Pit", FILE)
          .isEqualTo(RUN);
      OperationResults read = new OperationResults();
      for (Map.Entry<String, JsonNode> engine : file.path("results").properties()) {
        for (Map.Entry<String, JsonNode> operation : engine.getValue().properties()) {
          operation
              .getValue()
              .forEach(status -> read.add(engine.getKey(), operation.getKey(), status.asInt()));
        }
      }
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized void write(String run) {
    if (results.isEmpty()) {
      return;
    }
    try {
      Files.write(FILE, Json.bytes(Map.of("run", run, "results", results)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Records an answer.
  ///
  /// @param status of HTTP, or the code that a WebSocket was closed with
  static void note(String engine, String method, String rawPath, int status) {
    CONTRACT
        .find(method, rawPath)
        .ifPresent(found -> SEEN.add(engine, found.operation().rules(), status));
  }

  private synchronized void add(String engine, String operation, int status) {
    results
        .computeIfAbsent(engine, _ -> new TreeMap<>())
        .computeIfAbsent(operation, _ -> new TreeSet<>())
        .add(status);
  }

  /// The contract's operations, as in "GET /files".
  static SortedSet<String> operations() {
    SortedSet<String> operations = new TreeSet<>();
    CONTRACT.operations().forEach(operation -> operations.add(operation.rules()));
    return operations;
  }

  /// The contract's operation ids, by operation.
  static SortedMap<String, String> ids() {
    SortedMap<String, String> ids = new TreeMap<>();
    CONTRACT.operations().forEach(operation -> ids.put(operation.rules(), operation.id()));
    return ids;
  }

  /// What an operation answered on an engine.
  synchronized SortedSet<Integer> of(String engine, String operation) {
    return new TreeSet<>(
        results.getOrDefault(engine, Map.of()).getOrDefault(operation, new TreeSet<>()));
  }

  private static List<Operation<String>> contract() {
    List<Operation<String>> operations = new ArrayList<>();
    try {
      JsonNode paths =
          Json.read(Files.readAllBytes(Path.of("../api/toolbox.json")), JsonNode.class)
              .path("paths");
      for (Map.Entry<String, JsonNode> path : paths.properties()) {
        for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
          if (METHODS.contains(method.getKey())) {
            String name = method.getKey().toUpperCase(Locale.ROOT);
            operations.add(
                new Operation<>(
                    method.getValue().path("operationId").asString(),
                    name,
                    new PathPattern(path.getKey()),
                    200,
                    name + " " + path.getKey(),
                    _ -> {}));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return operations;
  }
}
