package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.RateClass;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.http.Operation;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Holds the routes against the published contract, operation by operation.
class OperationCoverageIT {
  private static ApiFixture api;

  @BeforeAll
  static void start() {
    api = new ApiFixture();
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static List<Operation<Rules>> operations() {
    return api.plane.operations().operations();
  }

  private static String request(Operation<Rules> operation) {
    return operation.method() + " " + operation.path().text();
  }

  private static Set<String> contract() {
    return KnownOperations.load().all().stream()
        .map(KnownOperations.Known::toString)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> routed() {
    return operations().stream()
        .map(OperationCoverageIT::request)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> unrouted() throws IOException {
    return Files.readAllLines(Path.of("../api/unrouted-operations.txt")).stream()
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  @Test
  void servesEveryOperationOrListsItAsUnrouted() throws IOException {
    Set<String> missing = contract();
    missing.removeAll(routed());

    assertThat(unrouted()).containsExactlyInAnyOrderElementsOf(missing);
  }

  @Test
  void servesNothingThatTheContractDoesNotKnow() {
    assertThat(contract()).containsAll(routed());
  }

  @Test
  void callsEveryOperationWhatTheContractCallsIt() {
    Map<String, String> ids =
        KnownOperations.load().all().stream()
            .collect(Collectors.toMap(KnownOperations.Known::toString, KnownOperations.Known::id));

    assertThat(operations())
        .allSatisfy(operation -> assertThat(operation.id()).isEqualTo(ids.get(request(operation))));
  }

  @Test
  void auditsWhateverUsersChange() {
    List<String> silent =
        operations().stream()
            .filter(operation -> !operation.method().equals("GET"))
            .filter(operation ->
                operation.rules().access() instanceof Access.Only only
                    && only.kinds().contains(CallerKind.USER_KEY))
            .filter(operation -> operation.rules().audit().isEmpty())
            .map(Operation::id)
            .toList();

    // Whoever looks into a sandbox keeps it awake: that is no change to tell of.
    assertThat(silent).containsExactly("updateLastActivity");
  }

  @Test
  void countsCreationsAndChangesOfStateApart() {
    Map<RateClass, Set<String>> counted =
        operations().stream()
            .collect(
                Collectors.groupingBy(
                    operation -> operation.rules().rate(),
                    Collectors.mapping(Operation::id, Collectors.toSet())));

    assertThat(counted.get(RateClass.SANDBOX_CREATE)).containsExactly("createSandbox");
    assertThat(counted.get(RateClass.SANDBOX_LIFECYCLE))
        .containsExactlyInAnyOrder(
            "startSandbox", "stopSandbox", "recoverSandbox", "deleteSandbox");
  }

  @Test
  void opensToAnyoneOnlyWhatClientsNeedBeforeTheyHaveAKey() {
    Set<String> open =
        operations().stream()
            .filter(operation -> operation.rules().access() instanceof Access.Anyone)
            .map(OperationCoverageIT::request)
            .collect(Collectors.toSet());

    assertThat(open).containsExactlyInAnyOrder("GET /config", "GET /health", "GET /shared-regions");
  }

  @TestFactory
  Stream<DynamicTest> saysOfEveryOtherOperationThatItIsNotBuilt() throws IOException {
    return unrouted().stream()
        .map(operation ->
            DynamicTest.dynamicTest(
                operation,
                () -> {
                  String method = operation.substring(0, operation.indexOf(' '));
                  String path = operation.substring(operation.indexOf(' ') + 1);
                  ApiFixture.Answer answer =
                      api.call(api.adminKey, method, path.replaceAll("\\{[^}]*}", "x"), "");

                  ApiFixture.assertRefused(answer, 501);
                  assertThat(answer.text("error")).isEqualTo("Not Implemented");
                  assertThat(answer.text("message")).contains("not built");
                }));
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /no-such-thing",
    "GET, /sandboxes",
    "PATCH, /sandbox",
    "GET, /sandbox/a/b/c/d",
    "POST, /sandbox/a/explode",
    "GET, /",
  })
  void answersUnknownPathsWithNotFound(String method, String path) {
    ApiFixture.assertRefused(api.call(api.adminKey, method, path, ""), 404);
  }

  @Test
  void refusesEventsSoThatClientsPoll() {
    ApiFixture.assertRefused(api.get("/socket.io/?EIO=4&transport=polling"), 404);

    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThatThrownBy(() ->
              client
                  .newWebSocketBuilder()
                  .buildAsync(
                      URI.create(
                          "ws://127.0.0.1:"
                              + api.port()
                              + "/api/socket.io/?EIO=4&transport=websocket"),
                      new WebSocket.Listener() {})
                  .join())
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOfSatisfying(
              WebSocketHandshakeException.class,
              refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(404));
    }
  }
}
