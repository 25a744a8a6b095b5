package dev.sandlot.controlplane;

import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.http.HttpServer;
import dev.sandlot.http.Json;
import dev.sandlot.http.ListenConfig;
import dev.sandlot.http.Upgrades;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/// A control plane on a real database behind a real socket, and a client of it.
public final class ApiFixture implements AutoCloseable {
  static final Addresses ADDRESSES =
      new Addresses(
          "http://{{PORT}}-{{sandboxId}}.proxy.localhost:4000",
          "http://127.0.0.1:4000/toolbox",
          "http://127.0.0.1:3000/dashboard");

  final ControlPlane plane;
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final String adminKey;
  final String runnerKey;
  final String proxyKey;
  final String healthKey;

  ApiFixture(DatabaseConfig database, UnaryOperator<ControlPlaneConfig> change) {
    this.plane =
        ControlPlane.start(change.apply(ControlPlaneConfig.of(database, ADDRESSES, "9.8.7")));
    this.server =
        HttpServer.start(
            ListenConfig.plain("api", "127.0.0.1", 0),
            plane.endpoint(),
            ControlPlane.failures(),
            Upgrades.NONE);
    Bootstrap made = plane.bootstrap();
    this.adminKey = text(made.adminKey());
    this.runnerKey = text(made.runnerKey());
    this.proxyKey = text(made.proxyKey());
    this.healthKey = text(made.healthKey());
  }

  ApiFixture() {
    this(PostgresHarness.database(), UnaryOperator.identity());
  }

  private static String text(Optional<Secret> secret) {
    return secret.map(Secret::text).orElse("");
  }

  /// An answer: its status and JSON.
  public record Answer(int status, String body, Map<String, List<String>> headers) {
    public JsonNode json() {
      return Json.read(body, JsonNode.class);
    }

    public String text(String key) {
      return json().path(key).asString();
    }
  }

  Answer call(String key, String method, String path, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api" + path))
            .timeout(Duration.ofSeconds(70))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    try {
      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body(), answer.headers().map());
    } catch (IOException e) {
      throw new IllegalStateException(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Answer get(String path) {
    return call(adminKey, "GET", path, "");
  }

  Answer post(String path, String body) {
    return call(adminKey, "POST", path, body);
  }

  Answer put(String path, String body) {
    return call(adminKey, "PUT", path, body);
  }

  Answer delete(String path) {
    return call(adminKey, "DELETE", path, "");
  }

  /// Reports as a runner of this size would.
  void report(int cpu, int memoryGib, int diskGib) {
    Answer answer =
        call(
            runnerKey,
            "POST",
            "/runners/healthcheck",
            """
            {"metrics":{"cpu":%d,"memoryGiB":%d,"diskGiB":%d,"currentCpuUsagePercentage":1.5},
             "serviceHealth":[{"serviceName":"engine","healthy":true}],"appVersion":"1"}\
            """
                .formatted(cpu, memoryGib, diskGib));
    if (answer.status() != 201) {
      throw new IllegalStateException(answer.body());
    }
  }

  @Override
  public void close() {
    server.close();
    plane.close();
    client.close();
  }
}
