package dev.sandlot.controlplane.snapshot;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SnapshotId;
import dev.sandlot.model.SnapshotState;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Snapshots in PostgreSQL.
final class PostgresSnapshotStore {
  /// For who shows one reference where there may be several.
  private static final String ANY_REF =
      """
      (SELECT ref FROM snapshot_runners p
       WHERE p.snapshot_id = s.id ORDER BY runner_id LIMIT 1) AS ref\
      """;

  private final PostgresDatabase database;

  PostgresSnapshotStore(PostgresDatabase database) {
    this.database = database;
  }

  Optional<Snapshot> find(OrganizationId organization, String nameOrId) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT s.*, %s FROM snapshots s
                WHERE (organization_id = :organization OR organization_id IS NULL)
                  AND (id = CAST(:id AS uuid) OR name = :name)
                ORDER BY organization_id NULLS LAST, (id = CAST(:id AS uuid)) IS TRUE DESC
                LIMIT 1\
                """
                    .formatted(ANY_REF))
            .bind("organization", organization.value())
            .bind("id", SnapshotId.parse(nameOrId).map(SnapshotId::value).orElse(null))
            .bind("name", nameOrId)
            .map((row, _) -> snapshot(row))
            .findOne());
  }

  List<Snapshot> visibleTo(OrganizationId organization) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT s.*, %s FROM snapshots s
                WHERE organization_id = :organization OR organization_id IS NULL
                ORDER BY organization_id NULLS LAST, last_used_at DESC NULLS LAST,
                  created_at DESC\
                """
                    .formatted(ANY_REF))
            .bind("organization", organization.value())
            .map((row, _) -> snapshot(row))
            .list());
  }

  /// Puts a snapshot for all, and that the runner of that name has it.
  void putGeneral(SnapshotId id, DefaultSnapshot snapshot, String runner, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                WITH put AS (
                  INSERT INTO snapshots
                    (id, name, state, cpu, memory, disk, created_at, updated_at)
                  VALUES (:id, :name, :state, :cpu, :memory, :disk, :now, :now)
                  ON CONFLICT (organization_id, name) DO UPDATE SET cpu = excluded.cpu,
                    memory = excluded.memory, disk = excluded.disk, state = excluded.state,
                    updated_at = excluded.updated_at
                  RETURNING id)
                INSERT INTO snapshot_runners (snapshot_id, runner_id, state, ref)
                SELECT put.id, runners.id, :presence, :ref FROM put, runners
                WHERE runners.name = :runner
                ON CONFLICT (snapshot_id, runner_id) DO UPDATE SET
                  state = excluded.state, ref = excluded.ref\
                """)
            .bind("id", id.value())
            .bind("name", snapshot.name())
            .bind("ref", snapshot.image())
            .bind("state", SnapshotState.ACTIVE.wire())
            .bind("presence", PresenceState.READY.name())
            .bind("runner", runner)
            .bind("cpu", snapshot.cpu())
            .bind("memory", snapshot.memory())
            .bind("disk", snapshot.disk())
            .bind("now", Columns.time(now))
            .execute());
  }

  /// Offers a snapshot for all that is not offered yet.
  void addGeneral(SnapshotId id, DefaultSnapshot snapshot, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO snapshots (id, name, state, cpu, memory, disk, created_at, updated_at)
                VALUES (:id, :name, :state, :cpu, :memory, :disk, :now, :now)
                ON CONFLICT (organization_id, name) DO NOTHING\
                """)
            .bind("id", id.value())
            .bind("name", snapshot.name())
            .bind("state", SnapshotState.ACTIVE.wire())
            .bind("cpu", snapshot.cpu())
            .bind("memory", snapshot.memory())
            .bind("disk", snapshot.disk())
            .bind("now", Columns.time(now))
            .execute());
  }

  /// Takes a snapshot for all from the runner of that name, and away where no other has it.
  void removeGeneral(String name, String runner) {
    database.query(handle -> {
      handle
          .createUpdate(
              """
              DELETE FROM snapshot_runners p USING snapshots s, runners r
              WHERE p.snapshot_id = s.id AND p.runner_id = r.id AND r.name = :runner
                AND s.organization_id IS NULL AND s.name = :name\
              """)
          .bind("name", name)
          .bind("runner", runner)
          .execute();
      return handle
          .createUpdate(
              """
              DELETE FROM snapshots s WHERE organization_id IS NULL AND name = :name
                AND NOT EXISTS (SELECT FROM snapshot_runners p WHERE p.snapshot_id = s.id)\
              """)
          .bind("name", name)
          .execute();
    });
  }

  /// Puts where snapshots for all are, by what a runner has.
  ///
  /// @param local the name of the runner whose images are known otherwise
  /// @param images by the snapshot's name
  void putReported(RunnerId runner, String local, Map<String, ReportedImage> images) {
    List<Map.Entry<String, ReportedImage>> entries = List.copyOf(images.entrySet());
    database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO snapshot_runners (snapshot_id, runner_id, state, ref, size_bytes)
                    SELECT s.id, r.id, :presence, image.ref, image.size
                    FROM unnest(:names, :refs, :sizes) AS image (name, ref, size)
                    JOIN snapshots s ON s.name = image.name AND s.organization_id IS NULL
                    JOIN runners r ON r.id = :runner
                    LEFT JOIN snapshot_runners known
                      ON known.snapshot_id = s.id AND known.runner_id = r.id
                    WHERE r.name <> :local OR image.ref = known.ref
                    ON CONFLICT (snapshot_id, runner_id) DO UPDATE SET state = excluded.state,
                      ref = excluded.ref, size_bytes = excluded.size_bytes
                    WHERE (snapshot_runners.ref, snapshot_runners.size_bytes)
                      IS DISTINCT FROM (excluded.ref, excluded.size_bytes)\
                    """)
                .bind("presence", PresenceState.READY.name())
                .bind("runner", runner.value())
                .bind("local", local)
                .bindArray("names", String.class, entries.stream().map(Map.Entry::getKey).toList())
                .bindArray(
                    "refs",
                    String.class,
                    entries.stream().map(one -> one.getValue().ref()).toList())
                .bindArray(
                    "sizes",
                    Long.class,
                    entries.stream().map(one -> one.getValue().sizeBytes()).toList())
                .execute()));
  }

  Map<RunnerId, String> refs(SnapshotId id) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT runner_id, ref FROM snapshot_runners
                WHERE snapshot_id = :id AND state = :presence\
                """)
            .bind("id", id.value())
            .bind("presence", PresenceState.READY.name())
            .map((row, _) ->
                Map.entry(new RunnerId(Columns.uuid(row, "runner_id")), row.getString("ref")))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  void used(SnapshotId id, RunnerId runner, Instant now) {
    database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createUpdate(
                    """
                    WITH there AS (
                      UPDATE snapshot_runners SET last_used_at = :now
                      WHERE snapshot_id = :id AND runner_id = :runner)
                    UPDATE snapshots SET last_used_at = :now WHERE id = :id\
                    """)
                .bind("id", id.value())
                .bind("runner", runner.value())
                .bind("now", Columns.time(now))
                .execute()));
  }

  private static Snapshot snapshot(ResultSet row) throws SQLException {
    return new Snapshot(
        new SnapshotId(Columns.uuid(row, "id")),
        Columns.uuidIfAny(row, "organization_id").map(OrganizationId::new),
        row.getString("name"),
        Columns.textIfAny(row, "ref"),
        SnapshotState.of(row.getString("state")),
        row.getInt("cpu"),
        row.getInt("memory"),
        row.getInt("disk"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"),
        Columns.instantIfAny(row, "last_used_at"));
  }
}
