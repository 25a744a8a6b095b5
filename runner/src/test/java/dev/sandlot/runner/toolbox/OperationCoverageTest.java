package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.toolbox.ToolboxRoutes;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Compares the routes with the published contract.
class OperationCoverageTest {
  private final ToolboxRoutes routes =
      new ToolboxRoutes(
          new FakeDriver(Path.of("unused")), ToolboxLimits.STANDARD, Path.of("unused"));

  @Test
  void servesEveryOperationOrSaysThatItDoesNot() throws Exception {
    Set<String> missing = OperationResults.operations();
    missing.removeAll(routed());

    assertThat(missing).isEqualTo(unrouted());
  }

  @Test
  void routesNothingThatIsListedAsUnrouted() throws Exception {
    Set<String> both = routed();
    both.retainAll(unrouted());

    assertThat(both).isEmpty();
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
