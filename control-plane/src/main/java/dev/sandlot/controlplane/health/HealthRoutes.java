package dev.sandlot.controlplane.health;

import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The configuration that clients start from, and health.
public final class HealthRoutes {
  private static final int ARCHIVE_MINUTES_MAX = 43_200;

  private final PostgresDatabase database;
  private final RunnerPool pool;
  private final Addresses addresses;
  private final String version;
  private final String defaultSnapshot;

  /// @param version of this server
  /// @param defaultSnapshot the name of the one for sandboxes that name none
  public HealthRoutes(
      PostgresDatabase database,
      RunnerPool pool,
      Addresses addresses,
      String version,
      String defaultSnapshot) {
    this.database = database;
    this.pool = pool;
    this.addresses = addresses;
    this.version = version;
    this.defaultSnapshot = defaultSnapshot;
  }

  public List<Route<Policy>> routes() {
    return List.of(
        new Route<>("GET", "/config", new Policy.Anyone(), this::config),
        new Route<>(
            "GET",
            "/health",
            new Policy.Anyone(),
            exchange -> exchange.sendJson(Map.of("status", "ok"))),
        new Route<>("GET", "/health/ready", new Policy.Health(), this::ready));
  }

  /// Nobody can sign in with a browser yet, so the OIDC values are there and empty.
  private void config(Exchange exchange) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("version", version);
    body.put("oidc", Map.of("issuer", "", "clientId", "", "audience", "", "provider", ""));
    body.put("linkedAccountsEnabled", false);
    body.put("announcements", Map.of());
    body.put("proxyTemplateUrl", addresses.proxyTemplate());
    body.put("proxyToolboxUrl", addresses.toolbox());
    body.put("defaultSnapshot", defaultSnapshot);
    body.put("dashboardUrl", addresses.dashboard());
    body.put("maxAutoArchiveInterval", ARCHIVE_MINUTES_MAX);
    body.put("maintananceMode", false);
    body.put("environment", "self-hosted");
    exchange.sendJson(body);
  }

  private void ready(Exchange exchange) {
    Map<String, Object> parts = new LinkedHashMap<>();
    boolean databaseUp = database.answers();
    parts.put("database", Map.of("status", databaseUp ? "up" : "down"));
    int runners = databaseUp ? pool.readyCount() : 0;
    parts.put("runners", Map.of("status", runners > 0 ? "up" : "down", "ready", runners));
    boolean ready = databaseUp && runners > 0;
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("status", ready ? "ok" : "error");
    body.put("info", ready ? parts : Map.of());
    body.put("error", ready ? Map.of() : parts);
    body.put("details", parts);
    exchange.status(ready ? 200 : 503).sendJson(body);
  }
}
