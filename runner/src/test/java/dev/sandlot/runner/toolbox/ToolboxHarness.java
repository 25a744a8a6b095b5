package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.toolbox.Toolbox;
import dev.sandlot.toolbox.ToolboxRoutes;
import dev.sandlot.toolbox.call.ClientVersion;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;

/// A toolbox over HTTP with one sandbox for all tests of a class, on any engine.
@TestInstance(Lifecycle.PER_CLASS)
abstract class ToolboxHarness {
  private final HttpClient client = HttpClient.newHttpClient();
  private final AgentConnector connector = new AgentConnector();
  final SandboxId id = SandboxId.random();
  private TestEngine engine;
  private HostedSandboxes sandboxes;
  volatile Toolbox toolbox;
  private volatile SandboxId asked = id;
  private HttpServer server;

  /// Starts the engine; closed at the end.
  abstract TestEngine engine() throws Exception;

  @BeforeAll
  void start() throws Exception {
    engine = engine();
    sandboxes = new HostedSandboxes(engine.driver(), connector, 1_000);
    sandboxes.start(id, order(), new NetworkPolicy.Internet(), true, Instant.now());
    restartToolbox();
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            exchange -> {
              exchange.admit(true);
              toolbox.serve(asked, exchange.rawPath(), exchange);
            },
            (_, failure) -> body(failure),
            this::upgrade);
  }

  /// Replaces the toolbox by a new one without its state, as a restart does.
  final void restartToolbox() throws IOException {
    Path spool = Files.createTempDirectory("spool");
    toolbox =
        new Toolbox(sandboxes, new ToolboxRoutes(engine.driver(), ToolboxLimits.STANDARD, spool));
  }

  private static Map<String, Object> body(HttpFailure failure) {
    Map<String, Object> body = new LinkedHashMap<>(failure.details());
    body.put("statusCode", failure.status());
    body.put("message", failure.sentence());
    failure.code().ifPresent(code -> body.put("code", code));
    return body;
  }

  private Optional<Tunnel> upgrade(UpgradeRequest request) {
    try {
      return toolbox.upgrade(asked, request.rawPath(), request);
    } catch (OperationFailure failure) {
      HttpFailure refusal = HttpFailure.of(failure);
      return Optional.of(Tunnel.refusing(refusal, body(refusal)));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /// The answer to a call for a sandbox that does not run here.
  final HttpResponse<String> askStopped(String method, String path) throws Exception {
    asked = SandboxId.random();
    try {
      return client.send(
          HttpRequest.newBuilder(uri(path)).method(method, BodyPublishers.noBody()).build(),
          BodyHandlers.ofString(UTF_8));
    } finally {
      asked = id;
    }
  }

  /// Opens a WebSocket of the toolbox.
  final SocketClient socket(String path, String... headersAndProtocols) throws Exception {
    URI address = URI.create("ws://127.0.0.1:" + server.port() + path);
    return SocketClient.open(
        client,
        address,
        List.of(headersAndProtocols),
        status -> OperationResults.note(engine.name(), "GET", address.getRawPath(), status));
  }

  private SandboxJob order() {
    return new SandboxJob(
        id.toString(),
        "test",
        engine.image(),
        "daytona",
        1,
        1,
        3,
        Map.of("GREETING", "hello", "DAYTONA_SANDBOX_SNAPSHOT", "named/snapshot"),
        false,
        "",
        "organization",
        "region");
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
    sandboxes.destroy(id);
    sandboxes.close();
    connector.close();
    engine.close();
    client.close();
  }

  /// Opens a connection to a port where an echo server listens.
  final String echo(int port, String text) throws IOException {
    try (PortConnection connection = toolbox.dial(id, port)) {
      connection.out().write(text.getBytes(UTF_8));
      connection.closeOutput();
      return new String(connection.in().readAllBytes(), UTF_8);
    }
  }

  final JsonNode run(String command) throws Exception {
    return execute(Json.text(Map.of("command", command)));
  }

  final JsonNode execute(String body) throws Exception {
    HttpResponse<String> answer = postJson("/process/execute", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer);
  }

  final HttpResponse<String> postJson(String path, String body) throws Exception {
    return send("POST", path, "application/json", BodyPublishers.ofString(body));
  }

  final HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return call(request.build(), BodyHandlers.ofString(UTF_8));
  }

  final HttpResponse<byte[]> getBytes(String path) throws Exception {
    return call(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofByteArray());
  }

  final HttpResponse<String> send(String method, String path, String type, BodyPublisher body)
      throws Exception {
    return call(
        HttpRequest.newBuilder(uri(path)).header("Content-Type", type).method(method, body).build(),
        BodyHandlers.ofString(UTF_8));
  }

  /// A JSON call of a client of some version.
  final HttpResponse<String> sendAs(String version, String method, String path, BodyPublisher body)
      throws Exception {
    return call(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .header(ClientVersion.HEADER, version)
            .method(method, body)
            .build(),
        BodyHandlers.ofString(UTF_8));
  }

  private <T> HttpResponse<T> call(HttpRequest request, BodyHandler<T> handler) throws Exception {
    HttpResponse<T> answer = client.send(request, handler);
    OperationResults.note(
        engine.name(), request.method(), request.uri().getRawPath(), answer.statusCode());
    return answer;
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  final int port() {
    return server.port();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  static JsonNode json(HttpResponse<String> answer) {
    return Json.read(answer.body(), JsonNode.class);
  }
}
