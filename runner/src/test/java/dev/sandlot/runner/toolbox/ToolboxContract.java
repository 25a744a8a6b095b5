package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.http.HttpServer;
import dev.sandlot.http.Json;
import dev.sandlot.http.ListenConfig;
import dev.sandlot.http.Upgrades;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxJob;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.RuntimeDriver;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import tools.jackson.databind.JsonNode;

/// How the toolbox behaves over HTTP, whatever engine is behind it. One sandbox for all tests.
@TestInstance(Lifecycle.PER_CLASS)
abstract class ToolboxContract {
  private final HttpClient client = HttpClient.newHttpClient();
  private final AgentConnector connector = new AgentConnector();
  private final SandboxId id = SandboxId.random();
  private RuntimeDriver driver;
  private HostedSandboxes sandboxes;
  private Toolbox toolbox;
  private HttpServer server;

  abstract RuntimeDriver openDriver() throws Exception;

  abstract String image() throws Exception;

  abstract String user();

  abstract void closeDriver(RuntimeDriver opened);

  @BeforeAll
  void start() throws Exception {
    driver = openDriver();
    sandboxes = new HostedSandboxes(driver, connector, 1_000);
    sandboxes.bringUp(id, order(), new NetworkPolicy.Internet(), true, Instant.now());
    Path spool = Files.createTempDirectory("spool");
    toolbox = new Toolbox(sandboxes, new ToolboxRoutes(driver, ToolboxLimits.STANDARD, spool));
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            exchange -> toolbox.serve(id, exchange.rawPath(), exchange),
            (_, failure) -> {
              Map<String, Object> body = new LinkedHashMap<>(failure.details());
              body.put("statusCode", failure.status());
              body.put("message", failure.sentence());
              failure.code().ifPresent(code -> body.put("code", code));
              return body;
            },
            Upgrades.NONE);
  }

  private SandboxJob order() throws Exception {
    return new SandboxJob(
        id.toString(),
        "test",
        image(),
        user(),
        1,
        1,
        3,
        Map.of("GREETING", "hello"),
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
    closeDriver(driver);
    client.close();
  }

  // How commands run.

  @Test
  void answersWithOutputAndExitCode() throws Exception {
    JsonNode answer = execute("{\"command\":\"echo out; echo err >&2; exit 7\"}");

    assertThat(answer.path("exitCode").intValue()).isEqualTo(7);
    assertThat(answer.path("result").stringValue()).isEqualTo("out\nerr\n");
  }

  @Test
  void marksBytesThatAreNotUtf8() throws Exception {
    JsonNode answer = execute("{\"command\":\"printf 'a\\\\377b'\"}");

    assertThat(answer.path("result").stringValue()).isEqualTo("a\ufffdb");
  }

  @Test
  void letsVariablesOfTheCallWin() throws Exception {
    JsonNode answer =
        execute(
            "{\"command\":\"echo $GREETING $DAYTONA_SANDBOX_ID\",\"envs\":{\"GREETING\":\"hi\"}}");

    assertThat(answer.path("result").stringValue()).isEqualTo("hi " + id + "\n");
  }

  @Test
  void refusesANameThatIsNoVariable() throws Exception {
    HttpResponse<String> answer =
        postJson("/process/execute", "{\"command\":\"true\",\"envs\":{\"1A\":\"x\"}}");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).path("message").stringValue()).contains("1A");
    assertThat(json(answer).path("code").stringValue()).isEqualTo("BAD_REQUEST");
  }

  @Test
  void endsACommandWhoseTimeIsOver() throws Exception {
    HttpResponse<String> answer =
        postJson("/process/execute", "{\"command\":\"echo begun; sleep 60\",\"timeout\":1}");

    assertThat(answer.statusCode()).isEqualTo(408);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    assertThat(json(answer).path("message").stringValue())
        .isEqualTo("request timeout: command execution timeout");
    assertThat(json(answer).path("partialOutput").stringValue()).isEqualTo("begun\n");
  }

  @Test
  void answersAFailedStartAsAFailedCommand() throws Exception {
    JsonNode answer = execute("{\"command\":\"true\",\"cwd\":\"/no/such/folder\"}");

    assertThat(answer.path("exitCode").intValue()).isEqualTo(-1);
    assertThat(answer.path("result").stringValue()).isNotBlank();
  }

  @Test
  void refusesCommandsAndTimesThatAreNone() throws Exception {
    assertThat(postJson("/process/execute", "{\"command\":\"  \"}").statusCode()).isEqualTo(400);
    assertThat(postJson("/process/execute", "{\"command\":5}").statusCode()).isEqualTo(400);
    assertThat(postJson("/process/execute", "not json").statusCode()).isEqualTo(400);
    assertThat(postJson("/process/execute", "{\"command\":\"true\",\"timeout\":-1}").statusCode())
        .isEqualTo(400);
    assertThat(postJson("/process/execute", "{\"command\":\"true\",\"timeout\":1.5}").statusCode())
        .isEqualTo(400);
  }

  @Test
  void passesLongOutputOnWhole() throws Exception {
    JsonNode answer = execute("{\"command\":\"head -c 5000000 /dev/zero | tr '\\\\0' x\"}");

    assertThat(answer.path("result").stringValue())
        .hasSize(5_000_000)
        .containsOnlyOnce("xxxx".repeat(1_250_000));
  }

  @Test
  void doesNotWaitForABackgroundChild() throws Exception {
    long begun = System.nanoTime();

    JsonNode answer = execute("{\"command\":\"sleep 20 & echo done\"}");

    assertThat(answer.path("result").stringValue()).isEqualTo("done\n");
    assertThat((System.nanoTime() - begun) / 1_000_000_000).isLessThan(10);
  }

  @Test
  void runsPythonWithItsArgumentsAsTheyAre() throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/process/code-run",
            "{\"language\":\"python\",\"code\":\"import sys; print(sys.argv, sys.stdin.read())\","
                + "\"argv\":[\"a b\",\"$HOME;\"]}");

    assertThat(json(answer).path("result").stringValue()).isEqualTo("['-', 'a b', '$HOME;'] \n");
    assertThat(json(answer).path("exitCode").intValue()).isZero();
  }

  @Test
  void runsJavascriptWithItsArguments() throws Exception {
    HttpResponse<String> answer =
        postJson(
            "/process/code-run",
            "{\"language\":\"javascript\",\"code\":\"console.log(process.argv.slice(1))\","
                + "\"argv\":[\"x y\"]}");

    assertThat(json(answer).path("result").stringValue()).isEqualTo("[ 'x y' ]\n");
  }

  @Test
  void refusesProgramsOfUnknownLanguagesAndWithoutCode() throws Exception {
    HttpResponse<String> unknown =
        postJson("/process/code-run", "{\"language\":\"cobol\",\"code\":\"x\"}");
    HttpResponse<String> empty = postJson("/process/code-run", "{\"language\":\"python\"}");

    assertThat(unknown.statusCode()).isEqualTo(400);
    assertThat(json(unknown).path("code").stringValue()).isEqualTo("BAD_REQUEST");
    assertThat(empty.statusCode()).isEqualTo(400);
    assertThat(json(empty).path("code").stringValue()).isEqualTo("INVALID_REQUEST_BODY");
  }

  // What a sandbox tells about itself.

  @Test
  void tellsItsFolders() throws Exception {
    assertThat(json(get("/user-home-dir")).path("dir").stringValue()).isEqualTo("/home/daytona");
    assertThat(json(get("/work-dir")).path("dir").stringValue()).isEqualTo("/home/daytona");
    assertThat(json(get("/version")).path("version").stringValue()).isNotBlank();
  }

  @Test
  void showsTheQuotaAsItsDisk() throws Exception {
    JsonNode metrics = json(get("/system/metrics"));

    assertThat(metrics.path("diskTotal").longValue()).isEqualTo(3L << 30);
    assertThat(metrics.path("memTotal").longValue()).isEqualTo(1L << 30);
    assertThat(metrics.path("cpuCount").intValue()).isEqualTo(1);
    assertThat(Instant.parse(metrics.path("timestamp").stringValue())).isNotNull();
  }

  @Test
  void changesTheEnvironmentOfLaterCommands() throws Exception {
    HttpResponse<String> answer = postJson("/env", "{\"set\":{\"LATER\":\"seen\"}}");

    assertThat(json(answer).path("LATER").stringValue()).isEqualTo("seen");
    assertThat(execute("{\"command\":\"echo $LATER\"}").path("result").stringValue())
        .isEqualTo("seen\n");
  }

  @Test
  void refusesPortsOutsideItsRange() throws Exception {
    assertThat(get("/port/22/in-use").statusCode()).isEqualTo(400);
    assertThat(get("/port/03000/in-use").statusCode()).isEqualTo(400);
    assertThat(get("/port/9998/in-use").statusCode()).isEqualTo(200);
  }

  @Test
  void tellsUnknownPathsFromOperationsNotBuilt() throws Exception {
    assertThat(get("/no/such/path").statusCode()).isEqualTo(404);
    HttpResponse<String> notBuilt = get("/git/status?path=x");
    assertThat(notBuilt.statusCode()).isEqualTo(501);
    assertThat(json(notBuilt).path("message").stringValue()).contains("GET /git/status");
  }

  @Test
  void refusesASandboxThatDoesNotRun() {
    assertThat(toolbox.running(id)).isTrue();
    assertThat(toolbox.running(SandboxId.random())).isFalse();
  }

  /// Opens a connection to a server that the subclass knows to echo.
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
    return client.send(request.build(), BodyHandlers.ofString(UTF_8));
  }

  final HttpResponse<byte[]> getBytes(String path) throws Exception {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofByteArray());
  }

  final HttpResponse<String> send(String method, String path, String type, BodyPublisher body)
      throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path)).header("Content-Type", type).method(method, body).build(),
        BodyHandlers.ofString(UTF_8));
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  static JsonNode json(HttpResponse<String> answer) {
    return Json.read(answer.body(), JsonNode.class);
  }
}
