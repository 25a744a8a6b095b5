package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.http.Json;
import dev.sandlot.model.RunnerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// Runners in PostgreSQL.
final class PostgresRunnerStore {
  private final PostgresDatabase database;

  PostgresRunnerStore(PostgresDatabase database) {
    this.database = database;
  }

  RunnerId ensure(RunnerId id, String name, String region, Instant now) {
    return database.query(handle -> {
      handle
          .createUpdate(
              """
              INSERT INTO runners (id, name, region_id, created_at, updated_at)
              VALUES (:id, :name, :region, :now, :now)
              ON CONFLICT (name) DO NOTHING\
              """)
          .bind("id", id.value())
          .bind("name", name)
          .bind("region", region)
          .bind("now", Columns.time(now))
          .execute();
      return new RunnerId(
          handle
              .createQuery("SELECT id FROM runners WHERE name = :name")
              .bind("name", name)
              .mapTo(UUID.class)
              .one());
    });
  }

  /// Those that can take new sandboxes.
  List<Runner> ready(String region, Instant reportedSince) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT * FROM runners
                WHERE region_id = :region AND NOT unschedulable
                  AND last_checked_at >= :since AND unhealthy_reason IS NULL
                ORDER BY id\
                """)
            .bind("region", region)
            .bind("since", Columns.time(reportedSince))
            .map((row, _) -> runner(row))
            .list());
  }

  Optional<Runner> find(RunnerId id) {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM runners WHERE id = :id")
            .bind("id", id.value())
            .map((row, _) -> runner(row))
            .findOne());
  }

  List<Runner> all() {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM runners ORDER BY name")
            .map((row, _) -> runner(row))
            .list());
  }

  void report(RunnerId id, RunnerReport report, Instant now) {
    String unhealthy =
        report.serviceHealth() == null
            ? null
            : report.serviceHealth().stream()
                .filter(part -> !part.healthy())
                .map(part -> part.serviceName() + ": " + part.errorReason())
                .findFirst()
                .orElse(null);
    database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createUpdate(
                    """
                    UPDATE runners SET
                      cpu = :cpu, memory_gib = :memory, disk_gib = :disk,
                      metrics = CAST(:metrics AS jsonb), unhealthy_reason = :unhealthy,
                      domain = :domain, api_url = :api, proxy_url = :proxy,
                      app_version = :version, last_checked_at = :now, updated_at = :now
                    WHERE id = :id\
                    """)
                .bind("id", id.value())
                .bind("cpu", report.metric("cpu"))
                .bind("memory", report.metric("memoryGiB"))
                .bind("disk", report.metric("diskGiB"))
                .bind("metrics", Json.text(report.metrics() == null ? Map.of() : report.metrics()))
                .bind("unhealthy", unhealthy)
                .bind("domain", report.domain())
                .bind("api", report.apiUrl())
                .bind("proxy", report.proxyUrl())
                .bind("version", report.appVersion())
                .bind("now", Columns.time(now))
                .execute()));
  }

  private static Runner runner(ResultSet row) throws SQLException {
    return new Runner(
        new RunnerId(Columns.uuid(row, "id")),
        row.getString("name"),
        row.getString("region_id"),
        row.getDouble("cpu"),
        row.getDouble("memory_gib"),
        row.getDouble("disk_gib"),
        row.getString("metrics"),
        Columns.textIfAny(row, "app_version"),
        Columns.textIfAny(row, "domain"),
        Columns.textIfAny(row, "api_url"),
        Columns.textIfAny(row, "proxy_url"),
        Columns.textIfAny(row, "unhealthy_reason"),
        row.getBoolean("unschedulable"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"),
        Columns.instantIfAny(row, "last_checked_at"));
  }
}
