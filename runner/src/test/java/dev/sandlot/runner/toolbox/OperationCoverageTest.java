package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import dev.sandlot.runner.fake.FakeDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Holds the routes against the published contract.
class OperationCoverageTest {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  private final ToolboxRoutes routes =
      new ToolboxRoutes(
          new FakeDriver(Path.of("unused")), ToolboxLimits.STANDARD, Path.of("unused"));

  @Test
  void servesEveryOperationOrSaysThatItDoesNot() throws Exception {
    Set<String> missing = contract();
    missing.removeAll(routed());

    assertThat(missing).isEqualTo(unrouted());
  }

  @Test
  void routesNothingThatIsListedAsUnrouted() throws Exception {
    Set<String> both = routed();
    both.retainAll(unrouted());

    assertThat(both).isEmpty();
  }

  private static Set<String> contract() throws Exception {
    JsonNode paths =
        Json.read(Files.readAllBytes(Path.of("../api/toolbox.json")), JsonNode.class).path("paths");
    Set<String> operations = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : paths.properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        if (METHODS.contains(method.getKey())) {
          operations.add(method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
        }
      }
    }
    return operations;
  }

  private Set<String> routed() {
    return routes.table().routes().stream()
        .map(route -> route.method() + " " + route.pattern().text())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> unrouted() throws Exception {
    return Files.readAllLines(Path.of("../api/unrouted-toolbox-operations.txt")).stream()
        .filter(line -> !line.startsWith("#"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
