package dev.sandlot.controlplane.organization;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.UserId;
import java.time.Instant;
import java.util.Optional;

/// Organisations and users in PostgreSQL.
final class PostgresOrganizationStore {
  private final PostgresDatabase database;

  PostgresOrganizationStore(PostgresDatabase database) {
    this.database = database;
  }

  Optional<Organizations.Owner> owner() {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT m.organization_id, m.user_id
                FROM members m JOIN users u ON u.id = m.user_id
                WHERE u.system_role = 'admin' AND m.role = 'owner'
                ORDER BY u.created_at LIMIT 1\
                """)
            .map((row, _) ->
                new Organizations.Owner(
                    new OrganizationId(Columns.uuid(row, "organization_id")),
                    new UserId(Columns.uuid(row, "user_id"))))
            .findOne());
  }

  void insert(Organizations.Owner owner, String defaultRegion, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                WITH the_user AS (
                  INSERT INTO users (id, name, email, system_role, created_at)
                  VALUES (:user, 'admin', '', 'admin', :now)),
                the_organization AS (
                  INSERT INTO organizations
                    (id, name, personal, created_by, default_region_id, created_at, updated_at)
                  VALUES (:organization, 'Personal', true, :user, :region, :now, :now))
                INSERT INTO members (organization_id, user_id, role)
                VALUES (:organization, :user, 'owner')\
                """)
            .bind("user", owner.user().value())
            .bind("organization", owner.organization().value())
            .bind("region", defaultRegion)
            .bind("now", Columns.time(now))
            .execute());
  }
}
