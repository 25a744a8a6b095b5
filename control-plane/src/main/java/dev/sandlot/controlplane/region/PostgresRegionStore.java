package dev.sandlot.controlplane.region;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Regions in PostgreSQL.
final class PostgresRegionStore {
  private final PostgresDatabase database;

  PostgresRegionStore(PostgresDatabase database) {
    this.database = database;
  }

  List<Region> all() {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM regions ORDER BY name, id")
            .map((row, _) ->
                new Region(
                    row.getString("id"),
                    row.getString("name"),
                    Columns.uuidIfAny(row, "organization_id").map(OrganizationId::new),
                    row.getString("type"),
                    Columns.instant(row, "created_at"),
                    Columns.instant(row, "updated_at")))
            .list());
  }

  Optional<String> defaultOf(OrganizationId organization) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT default_region_id FROM organizations
                WHERE id = :id AND default_region_id IS NOT NULL\
                """)
            .bind("id", organization.value())
            .mapTo(String.class)
            .findOne());
  }

  void insertIfAbsent(String id, String name, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO regions (id, name, type, created_at, updated_at)
                VALUES (:id, :name, 'shared', :now, :now)
                ON CONFLICT (id) DO NOTHING\
                """)
            .bind("id", id)
            .bind("name", name)
            .bind("now", Columns.time(now))
            .execute());
  }
}
