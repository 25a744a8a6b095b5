package dev.sandlot.controlplane.health;

import static dev.sandlot.controlplane.operation.OperationRow.get;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.http.Operation;
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

  public List<Operation<Rules>> operations() {
    return List.of(
        get("ConfigController_getConfig", "/config").by(Access.anyone()).does(this::config),
        get("HealthController_live", "/health")
            .by(Access.anyone())
            .does(_ -> Answer.json(Map.of("status", "ok"))),
        get("HealthController_check", "/health/ready")
            .by(Access.only(CallerKind.MONITOR, CallerKind.ADMINISTRATOR))
            .does(this::ready));
  }

  /// Nobody can sign in with a browser yet, so the OIDC values are there and empty.
  private Answer config(Call call) {
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
    return Answer.json(body);
  }

  private Answer ready(Call call) {
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
    return ready ? Answer.json(body) : Answer.json(body).withStatus(503);
  }
}
