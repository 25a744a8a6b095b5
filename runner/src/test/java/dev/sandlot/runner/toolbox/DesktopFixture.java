package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.http.Json;
import dev.sandlot.http.Upgrades;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.launcher.LauncherDriver;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.runner.launcher.TestLauncher;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.toolbox.Toolbox;
import dev.sandlot.toolbox.ToolboxRoutes;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A sandbox on a real engine, its toolbox on a real socket, and a client.
final class DesktopFixture implements AutoCloseable {
  private final HttpClient client = HttpClient.newHttpClient();
  private final AgentConnector connector = new AgentConnector();
  private final SandboxId id = SandboxId.random();
  private final String engine;
  private final LauncherDriver driver;
  private final HostedSandboxes sandboxes;
  private final Toolbox toolbox;
  private final HttpServer server;

  DesktopFixture(String engine, String image, Map<String, String> environment) throws Exception {
    this.engine = engine;
    driver = new LauncherDriver(TestLauncher.shared().socket(), engine);
    sandboxes = new HostedSandboxes(driver, connector, 1_000);
    SandboxJob order =
        new SandboxJob(
            id.toString(),
            "test",
            image,
            "daytona",
            2,
            2,
            3,
            environment,
            false,
            "",
            "organization",
            "region");
    sandboxes.start(id, order, new NetworkPolicy.Internet(), true, Instant.now());
    toolbox =
        new Toolbox(
            sandboxes,
            new ToolboxRoutes(driver, ToolboxLimits.STANDARD, Files.createTempDirectory("spool")));
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            exchange -> {
              exchange.admit(true);
              toolbox.serve(id, exchange.rawPath(), exchange);
            },
            (_, failure) -> {
              Map<String, Object> body = new LinkedHashMap<>();
              body.put("statusCode", failure.status());
              body.put("message", failure.sentence());
              failure.code().ifPresent(code -> body.put("code", code));
              body.putAll(failure.details());
              return body;
            },
            Upgrades.NONE);
  }

  HttpResponse<byte[]> send(String method, String path, String body, String range)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .method(method, BodyPublishers.ofString(body));
    if (!range.isEmpty()) {
      request.header("Range", range);
    }
    HttpResponse<byte[]> answer = client.send(request.build(), BodyHandlers.ofByteArray());
    OperationResults.note(engine, method, URI.create(path).getRawPath(), answer.statusCode());
    return answer;
  }

  private JsonNode answer(String method, String path, String body, int status) throws Exception {
    HttpResponse<byte[]> answer = send(method, path, body, "");
    JsonNode json = Json.read(answer.body(), JsonNode.class);
    assertThat(answer.statusCode()).as("%s %s %s: %s", method, path, body, json).isEqualTo(status);
    return json;
  }

  JsonNode get(String path, int status) throws Exception {
    return answer("GET", path, "", status);
  }

  JsonNode post(String path, String body, int status) throws Exception {
    return answer("POST", path, body, status);
  }

  JsonNode delete(String path, int status) throws Exception {
    return answer("DELETE", path, "", status);
  }

  /// The output of a command.
  String run(String command) throws Exception {
    return post("/process/execute", Json.text(Map.of("command", command)), 200)
        .path("result")
        .asString();
  }

  PortConnection dial(int port) throws Exception {
    return toolbox.dial(id, port);
  }

  @Override
  public void close() throws Exception {
    server.close();
    sandboxes.destroy(id);
    sandboxes.close();
    connector.close();
    driver.close();
    client.close();
  }
}
