package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.http.Json;
import dev.sandlot.http.Tracing;
import dev.sandlot.http.Upgrades;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.http.throttle.FailedAttemptsLimits;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
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
  private final DatabaseConfig database;
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final String adminKey;
  final String runnerKey;
  final String proxyKey;
  final String healthKey;

  ApiFixture(DatabaseConfig database, UnaryOperator<ControlPlaneConfig> change) {
    this.database = database;
    this.plane =
        ControlPlane.start(
            change.apply(
                ControlPlaneConfig.of(database, ADDRESSES, "9.8.7").withAttempts(unlimited())));
    this.server =
        HttpServer.start(
            ListenConfig.plain("api", "127.0.0.1", 0),
            Tracing.traced("api", plane.endpoint()),
            ControlPlane.failures(),
            Upgrades.NONE);
    Bootstrap made = plane.bootstrap();
    this.adminKey = text(made.adminKey());
    this.runnerKey = text(made.runnerKey());
    this.proxyKey = text(made.proxyKey());
    this.healthKey = text(made.healthKey());
  }

  /// Tests send wrong keys by the hundred.
  private static FailedAttempts unlimited() {
    FailedAttemptsLimits limits =
        new FailedAttemptsLimits(
            1_000_000,
            Duration.ofMillis(1),
            1_000_000,
            Duration.ofMillis(1),
            1_000_000,
            1_000,
            Duration.ofHours(1));
    return new FailedAttempts(limits, Ticker.systemTicker());
  }

  ApiFixture() {
    this(PostgresHarness.database(), UnaryOperator.identity());
  }

  private static String text(Optional<Secret> secret) {
    return secret.map(Secret::text).orElse("");
  }

  int port() {
    return server.port();
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

  Answer call(String key, String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api" + path))
            .timeout(Duration.ofSeconds(70))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
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

  /// An organisation and a user in it.
  public record Tenant(OrganizationId organization, UserId user) {}

  /// Makes an organisation beside that of the first start, with a user who is nobody special.
  Tenant tenant(String name) {
    Tenant tenant = new Tenant(OrganizationId.random(), UserId.random());
    UUID organization = tenant.organization().value();
    UUID user = tenant.user().value();
    execute("INSERT INTO users VALUES (?, ?, '', 'user', now())", user, name);
    execute(
        "INSERT INTO organizations VALUES (?, ?, false, ?, 'local', now(), now())",
        organization,
        name,
        user);
    execute("INSERT INTO members VALUES (?, ?, 'member')", organization, user);
    return tenant;
  }

  /// Makes a key that never expires.
  String key(Tenant tenant, Set<Permission> permissions) {
    return key(tenant, permissions, Optional.empty());
  }

  String key(Tenant tenant, Set<Permission> permissions, Optional<Instant> expiresAt) {
    String name = "key " + UUID.randomUUID();
    return plane
        .apiKeys()
        .create(tenant.organization(), tenant.user(), name, permissions, expiresAt)
        .text();
  }

  /// Revokes the key of that hash, as its owner would.
  void revoke(Tenant tenant, String key) {
    String hash = new Secret(key).hash();
    plane.apiKeys().list(tenant.organization()).stream()
        .filter(one -> one.hash().equals(hash))
        .forEach(one -> plane.apiKeys().revoke(tenant.organization(), tenant.user(), one.name()));
  }

  /// Changes the database behind the control plane's back.
  void execute(String sql, Object... values) {
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int index = 0; index < values.length; index++) {
        statement.setObject(index + 1, values[index]);
      }
      statement.execute();
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /// A connection of its own to the database of the control plane.
  Connection connect() throws SQLException {
    return DriverManager.getConnection(
        database.jdbcUrl(), database.user().orElseThrow(), database.password().orElseThrow());
  }

  /// Holds a refusal against the contract's shape
  /// (docs/contract/transport.md#errors-of-the-control-api).
  static void assertRefused(Answer answer, int status) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.json().path("statusCode").asInt()).isEqualTo(status);
    assertThat(answer.text("error")).isNotEmpty();
    assertThat(answer.text("path")).startsWith("/api/");
    assertThat(answer.text("timestamp"))
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
    assertThat(answer.text("message")).hasSizeGreaterThan(10);
    assertThat(answer.headers()).containsKey("x-daytona-api-version");
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

  /// Makes a runner beside that of the first start, in the same region.
  ///
  /// @return its key
  String addRunner(RunnerId id, String name) {
    OffsetDateTime now = OffsetDateTime.of(2026, 1, 31, 12, 0, 0, 0, ZoneOffset.UTC);
    execute(
        "INSERT INTO runners (id, name, region_id, created_at, updated_at)"
            + " VALUES (?, ?, 'local', ?, ?)",
        id.value(),
        name,
        now,
        now);
    execute("INSERT INTO runner_allocations (runner_id) VALUES (?)", id.value());
    execute(
        "INSERT INTO snapshot_runners (snapshot_id, runner_id, state, ref)"
            + " SELECT snapshot_id, ?, state, ? || ref FROM snapshot_runners",
        id.value(),
        name + "-");
    return plane.apiKeys().ensureRunner(id, Optional.empty()).map(Secret::text).orElseThrow();
  }

  /// Reports as a runner of this size would.
  void report(int cpu, int memoryGib, int diskGib) {
    report(runnerKey, cpu, memoryGib, diskGib);
  }

  /// Reports as the runner with this key.
  void report(String key, int cpu, int memoryGib, int diskGib) {
    Answer answer =
        call(
            key,
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
