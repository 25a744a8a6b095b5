package dev.sandlot.controlplane.snapshot;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SnapshotId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Snapshots in PostgreSQL.
final class PostgresSnapshotStore {
  private final PostgresDatabase database;

  PostgresSnapshotStore(PostgresDatabase database) {
    this.database = database;
  }

  Optional<Snapshot> find(OrganizationId organization, String nameOrId) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT * FROM snapshots
                WHERE (organization_id = :organization OR organization_id IS NULL)
                  AND (id = CAST(:id AS uuid) OR name = :name)
                ORDER BY organization_id NULLS LAST, (id = CAST(:id AS uuid)) IS TRUE DESC
                LIMIT 1\
                """)
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
                SELECT * FROM snapshots
                WHERE organization_id = :organization OR organization_id IS NULL
                ORDER BY organization_id NULLS LAST, last_used_at DESC NULLS LAST,
                  created_at DESC\
                """)
            .bind("organization", organization.value())
            .map((row, _) -> snapshot(row))
            .list());
  }

  void putGeneral(SnapshotId id, DefaultSnapshot snapshot, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO snapshots
                  (id, name, ref, state, cpu, memory, disk, created_at, updated_at)
                VALUES (:id, :name, :ref, 'active', :cpu, :memory, :disk, :now, :now)
                ON CONFLICT (organization_id, name) DO UPDATE SET
                  ref = excluded.ref, cpu = excluded.cpu, memory = excluded.memory,
                  disk = excluded.disk, state = 'active', updated_at = excluded.updated_at\
                """)
            .bind("id", id.value())
            .bind("name", snapshot.name())
            .bind("ref", snapshot.image())
            .bind("cpu", snapshot.cpu())
            .bind("memory", snapshot.memory())
            .bind("disk", snapshot.disk())
            .bind("now", Columns.time(now))
            .execute());
  }

  void removeGeneral(String name) {
    database.query(handle ->
        handle
            .createUpdate("DELETE FROM snapshots WHERE organization_id IS NULL AND name = :name")
            .bind("name", name)
            .execute());
  }

  void used(SnapshotId id, Instant now) {
    database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createUpdate("UPDATE snapshots SET last_used_at = :now WHERE id = :id")
                .bind("id", id.value())
                .bind("now", Columns.time(now))
                .execute()));
  }

  private static Snapshot snapshot(ResultSet row) throws SQLException {
    return new Snapshot(
        new SnapshotId(Columns.uuid(row, "id")),
        Columns.uuidIfAny(row, "organization_id").map(OrganizationId::new),
        row.getString("name"),
        row.getString("ref"),
        row.getString("state"),
        row.getInt("cpu"),
        row.getInt("memory"),
        row.getInt("disk"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"),
        Columns.instantIfAny(row, "last_used_at"));
  }
}
