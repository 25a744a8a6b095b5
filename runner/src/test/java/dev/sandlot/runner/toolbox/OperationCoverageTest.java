package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.ForwardedExchange;
import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationId;
import dev.sandlot.http.Upgrades;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.toolbox.Toolbox;
import dev.sandlot.toolbox.ToolboxRoutes;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Compares the rows with the published contract, and what is served with the rows.
class OperationCoverageTest {
  /// How ids of operations beyond the contract begin.
  private static final String OURS = "Sandlot";

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

  @Test
  void namesEveryOperationAsTheContractDoes() {
    Map<String, String> contract = OperationResults.ids();
    Map<String, String> ids = rows();

    assertThat(ids).hasSize(routes.table().operations().size());
    assertThat(new HashSet<>(ids.values())).hasSize(ids.size());
    assertThat(ids)
        .allSatisfy((operation, id) -> {
          if (contract.containsKey(operation)) {
            assertThat(id).isEqualTo(contract.get(operation));
          } else {
            assertThat(id).startsWith(OURS);
          }
        });
  }

  @Test
  void namesEveryWebSocketAsTheRowOfItsPath() {
    Map<String, String> ids = rows();

    assertThat(routes.sockets())
        .isNotEmpty()
        .allSatisfy(
            socket -> assertThat(socket.id()).isEqualTo(ids.get("GET " + socket.pattern().text())));
  }

  @Test
  void leavesTheOperationsIdWithTheExchangeThatWasHandedOn() throws Exception {
    Toolbox toolbox = new Toolbox(_ -> Optional.empty(), routes);
    Endpoint answersId =
        exchange -> {
          try {
            toolbox.serve(
                SandboxId.random(),
                exchange.rawPath(),
                new ForwardedExchange(exchange, exchange.headers()));
          } catch (OperationFailure _) {
            exchange.responseHeader("Operation", OperationId.of(exchange));
            exchange.status(200).send();
          }
        };
    try (HttpServer server =
            HttpServer.start(
                ListenConfig.plain("test", "127.0.0.1", 0),
                answersId,
                (_, failure) -> Map.of("message", failure.sentence()),
                Upgrades.NONE);
        HttpClient client = HttpClient.newHttpClient()) {
      for (Operation<ToolboxAccess> row : routes.table().operations()) {
        String path = row.path().text().replace('{', '-').replace('}', '-');
        assertThat(servedAs(client, server.port(), row.method(), path)).contains(row.id());
      }
      assertThat(servedAs(client, server.port(), "GET", "/nothing")).contains("none");
    }
  }

  private static Optional<String> servedAs(HttpClient client, int port, String method, String path)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, BodyPublishers.noBody())
            .build();
    return client.send(request, BodyHandlers.discarding()).headers().firstValue("Operation");
  }

  /// The rows' ids, by method and path.
  private Map<String, String> rows() {
    Map<String, String> ids = new TreeMap<>();
    routes.table().operations().forEach(row -> ids.put(name(row), row.id()));
    return ids;
  }

  private static String name(Operation<ToolboxAccess> row) {
    return row.method() + " " + row.path().text();
  }

  private Set<String> routed() {
    return new TreeSet<>(rows().keySet());
  }

  private static Set<String> unrouted() throws Exception {
    return Files.readAllLines(Path.of("../api/unrouted-toolbox-operations.txt")).stream()
        .filter(line -> !line.startsWith("#"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
