package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.runnerpool.Allocation;
import dev.sandlot.http.Json;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jdbi.v3.core.statement.SqlStatement;

/// Sandboxes in PostgreSQL. The only writer of their state.
public final class PostgresSandboxStore implements SandboxStore {
  private static final int SWEEP_MAX = 500;

  private static final String DESTROYED = Columns.literal(SandboxState.DESTROYED);
  private static final String BEING_REMOVED = states(SandboxState::isBeingRemoved);
  private static final String RUNNING = states(SandboxState::usesProcessor);
  private static final String WITH_FILES = states(SandboxState::keepsFiles);

  private final PostgresDatabase database;

  public PostgresSandboxStore(PostgresDatabase database) {
    this.database = database;
  }

  private static String states(Predicate<SandboxState> which) {
    return Columns.literals(Arrays.stream(SandboxState.values()).filter(which));
  }

  @Override
  public boolean insert(Sandbox sandbox, Optional<Instant> deadline) {
    return database.query(handle -> {
      var insert =
          handle.createUpdate(
              """
              INSERT INTO sandboxes (id, organization_id, region_id, runner_id, name, snapshot,
                snapshot_ref, os_user, env, cpu, memory, disk, labels, public,
                network_block_all, network_allow_list, auto_stop_minutes,
                auto_archive_minutes, auto_delete_minutes, state, version, preview_secret,
                deadline_at, created_at, updated_at, last_activity_at)
              VALUES (:id, :organization, :region, :runner, :name, :snapshot,
                :snapshotRef, :user, CAST(:env AS jsonb), :cpu, :memory, :disk,
                CAST(:labels AS jsonb), :open, :blockAll, :allowList, :autoStop,
                :autoArchive, :autoDelete, :state, :version, :previewSecret,
                :deadline, :now, :now, :now)
              ON CONFLICT (organization_id, name) WHERE state NOT IN %s DO NOTHING\
              """
                  .formatted(BEING_REMOVED));
      bindSpec(insert, sandbox.spec());
      bindSettings(insert, sandbox.settings());
      return insert
              .bind("id", sandbox.id().value())
              .bind("organization", sandbox.organization().value())
              .bind("region", sandbox.region())
              .bind("runner", sandbox.runner().value())
              .bind("state", sandbox.state().name())
              .bind("version", sandbox.status().version())
              .bind("previewSecret", sandbox.status().previewSecret())
              .bind("deadline", deadline.map(Columns::time).orElse(null))
              .bind("now", Columns.time(sandbox.createdAt()))
              .execute()
          == 1;
    });
  }

  private static void bindSpec(SqlStatement<?> statement, Sandbox.Spec spec) {
    statement
        .bind("name", spec.name())
        .bind("snapshot", spec.snapshot())
        .bind("snapshotRef", spec.snapshotRef())
        .bind("user", spec.user())
        .bind("env", Json.text(spec.env()))
        .bind("cpu", spec.cpu())
        .bind("memory", spec.memory())
        .bind("disk", spec.disk());
  }

  private static void bindSettings(SqlStatement<?> statement, Sandbox.Settings settings) {
    statement
        .bind("labels", Json.text(settings.labels()))
        .bind("open", settings.open())
        .bind("blockAll", settings.network().blocksAll())
        .bind("allowList", settings.network().allowList())
        .bind("autoStop", settings.intervals().autoStopMinutes())
        .bind("autoArchive", settings.intervals().autoArchiveMinutes())
        .bind("autoDelete", settings.intervals().autoDeleteMinutes());
  }

  @Override
  public Optional<Sandbox> find(SandboxId id) {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM sandboxes WHERE id = :id")
            .bind("id", id.value())
            .map((row, _) -> sandbox(row))
            .findOne());
  }

  @Override
  public Optional<Sandbox> lock(SandboxId id) {
    return database.query(handle ->
        handle
            .createQuery("SELECT * FROM sandboxes WHERE id = :id FOR NO KEY UPDATE")
            .bind("id", id.value())
            .map((row, _) -> sandbox(row))
            .findOne());
  }

  @Override
  public Optional<Sandbox> find(OrganizationId organization, String idOrName) {
    Optional<Sandbox> byId =
        SandboxId.parse(idOrName)
            .flatMap(this::find)
            .filter(sandbox -> sandbox.organization().equals(organization))
            .filter(sandbox -> !sandbox.state().isFinal());
    return byId.isPresent() ? byId : findByName(organization, idOrName);
  }

  private Optional<Sandbox> findByName(OrganizationId organization, String name) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT * FROM sandboxes
                WHERE organization_id = :organization AND name = :name
                  AND state NOT IN %s\
                """
                    .formatted(BEING_REMOVED))
            .bind("organization", organization.value())
            .bind("name", name)
            .map((row, _) -> sandbox(row))
            .findOne());
  }

  @Override
  public boolean compareAndSet(
      Sandbox read, Sandbox.Status next, Optional<Instant> deadline, Instant now) {
    return database.query(handle ->
        handle
                .createUpdate(
                    """
                    UPDATE sandboxes SET state = :state, version = version + 1,
                      error_reason = :reason, recoverable = :recoverable,
                      preview_secret = :previewSecret, deadline_at = :deadline,
                      updated_at = :now, last_activity_at = :now
                    WHERE id = :id AND version = :version\
                    """)
                .bind("id", read.id().value())
                .bind("version", read.status().version())
                .bind("state", next.state().name())
                .bind("reason", next.errorReason().orElse(null))
                .bind("recoverable", next.recoverable())
                .bind("previewSecret", next.previewSecret())
                .bind("deadline", deadline.map(Columns::time).orElse(null))
                .bind("now", Columns.time(now))
                .execute()
            == 1);
  }

  @Override
  public void updateSettings(SandboxId id, Sandbox.Settings settings, Instant now) {
    database.query(handle -> {
      var update =
          handle.createUpdate(
              """
              UPDATE sandboxes SET labels = CAST(:labels AS jsonb), public = :open,
                network_block_all = :blockAll, network_allow_list = :allowList,
                auto_stop_minutes = :autoStop, auto_archive_minutes = :autoArchive,
                auto_delete_minutes = :autoDelete, updated_at = :now
              WHERE id = :id\
              """);
      bindSettings(update, settings);
      return update.bind("id", id.value()).bind("now", Columns.time(now)).execute();
    });
  }

  /// What gets lost in a crash is some seconds of somebody's activity.
  @Override
  public void touch(SandboxId id, Instant now) {
    database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createUpdate(
                    """
                    UPDATE sandboxes SET last_activity_at = :now
                    WHERE id = :id AND last_activity_at < :now\
                    """)
                .bind("id", id.value())
                .bind("now", Columns.time(now))
                .execute()));
  }

  @Override
  public List<Sandbox> list(OrganizationId organization, SandboxQuery query) {
    return database.single(handle ->
        PostgresSandboxListSql.bind(
                handle.createQuery(PostgresSandboxListSql.select(query)), organization, query)
            .map((row, _) -> sandbox(row))
            .list());
  }

  @Override
  public int count(OrganizationId organization, SandboxQuery query) {
    return database.single(handle ->
        PostgresSandboxListSql.bind(
                handle.createQuery(PostgresSandboxListSql.count(query)), organization, query)
            .mapTo(Integer.class)
            .one());
  }

  @Override
  public List<Sandbox> onRunner(RunnerId runner, Set<SandboxState> states) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT * FROM sandboxes
                WHERE runner_id = :runner AND state <> %s AND state = ANY(:states)
                ORDER BY created_at, id\
                """
                    .formatted(DESTROYED))
            .bind("runner", runner.value())
            .bindArray("states", String.class, states.stream().map(Enum::name).toList())
            .map((row, _) -> sandbox(row))
            .list());
  }

  @Override
  public Map<RunnerId, Allocation> all() {
    return held("TRUE", Map.of());
  }

  @Override
  public Allocation of(RunnerId runner) {
    return held("runner_id = :runner", Map.of("runner", runner.value()))
        .getOrDefault(runner, Allocation.NONE);
  }

  private Map<RunnerId, Allocation> held(String condition, Map<String, Object> values) {
    Map<RunnerId, Allocation> held = new HashMap<>();
    database.single(handle ->
        handle
            .createQuery(
                """
                SELECT runner_id,
                  coalesce(sum(cpu) FILTER (WHERE state IN %s), 0) AS cpu,
                  coalesce(sum(memory) FILTER (WHERE state IN %s), 0) AS memory,
                  coalesce(sum(disk) FILTER (WHERE state IN %s), 0) AS disk
                FROM sandboxes WHERE state <> %s AND %s GROUP BY runner_id\
                """
                    .formatted(RUNNING, RUNNING, WITH_FILES, DESTROYED, condition))
            .bindMap(values)
            .map((row, _) ->
                held.put(
                    new RunnerId(Columns.uuid(row, "runner_id")),
                    new Allocation(row.getInt("cpu"), row.getInt("memory"), row.getInt("disk"))))
            .list());
    return held;
  }

  @Override
  public List<Sandbox> pastDeadline(Instant now) {
    return due("deadline_at < :now ORDER BY deadline_at", now);
  }

  @Override
  public List<Sandbox> dueToStop(Instant now) {
    return due(
        """
        state = %s AND auto_stop_minutes > 0
        AND last_activity_at + auto_stop_minutes * interval '1 minute' <= :now
        ORDER BY last_activity_at\
        """
            .formatted(Columns.literal(SandboxState.STARTED)),
        now);
  }

  @Override
  public List<Sandbox> dueToDelete(Instant now) {
    return due(
        """
        state = %s AND auto_delete_minutes >= 0
        AND last_activity_at + auto_delete_minutes * interval '1 minute' <= :now
        ORDER BY last_activity_at\
        """
            .formatted(Columns.literal(SandboxState.STOPPED)),
        now);
  }

  /// The longest due first, so that each gets its turn however many there are.
  private List<Sandbox> due(String conditionAndOrder, Instant now) {
    return database.single(handle ->
        handle
            .createQuery(
                "SELECT * FROM sandboxes WHERE " + conditionAndOrder + " LIMIT " + SWEEP_MAX)
            .bind("now", Columns.time(now))
            .map((row, _) -> sandbox(row))
            .list());
  }

  @Override
  public int purge(Instant now, Duration age) {
    return database.single(handle ->
        handle
            .createUpdate(
                "DELETE FROM sandboxes WHERE state = %s AND updated_at < :before"
                    .formatted(DESTROYED))
            .bind("before", Columns.time(now.minus(age)))
            .execute());
  }

  private static Sandbox sandbox(ResultSet row) throws SQLException {
    return new Sandbox(
        new SandboxId(Columns.uuid(row, "id")),
        new OrganizationId(Columns.uuid(row, "organization_id")),
        row.getString("region_id"),
        new RunnerId(Columns.uuid(row, "runner_id")),
        new Sandbox.Spec(
            row.getString("name"),
            row.getString("snapshot"),
            row.getString("snapshot_ref"),
            row.getString("os_user"),
            texts(row.getString("env")),
            row.getInt("cpu"),
            row.getInt("memory"),
            row.getInt("disk")),
        new Sandbox.Settings(
            texts(row.getString("labels")),
            row.getBoolean("public"),
            NetworkPolicy.of(
                row.getBoolean("network_block_all"), row.getString("network_allow_list")),
            new Intervals(
                row.getInt("auto_stop_minutes"),
                row.getInt("auto_archive_minutes"),
                row.getInt("auto_delete_minutes"))),
        new Sandbox.Status(
            SandboxState.valueOf(row.getString("state")),
            row.getLong("version"),
            Columns.textIfAny(row, "error_reason"),
            row.getBoolean("recoverable"),
            row.getString("preview_secret")),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"),
        Columns.instant(row, "last_activity_at"));
  }

  private static Map<String, String> texts(String json) {
    Map<String, String> texts = new HashMap<>();
    Json.read(json, Map.class)
        .forEach((key, value) -> texts.put(String.valueOf(key), String.valueOf(value)));
    return texts;
  }
}
