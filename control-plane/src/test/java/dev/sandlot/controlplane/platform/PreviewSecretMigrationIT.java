package dev.sandlot.controlplane.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.PostgresHarness;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;

/// What becomes of preview tokens that were handed out when there was one for all ports.
class PreviewSecretMigrationIT {
  private static final String SANDBOX =
      """
      INSERT INTO sandboxes (id, organization_id, region_id, name, snapshot, snapshot_ref, os_user,
        env, cpu, memory, disk, labels, public, network_block_all, network_allow_list,
        auto_stop_minutes, auto_archive_minutes, auto_delete_minutes, state, version, auth_token,
        created_at, updated_at, last_activity_at)
      VALUES (gen_random_uuid(), gen_random_uuid(), 'r', '%s', 's', 's', 'u',
        '{}', 1, 1, 1, '{}', false, false, '',
        1, 1, 1, 'STARTED', 1, '%s',
        now(), now(), now())\
      """;

  @Test
  void noTokenOfBeforeIsASecretNow() throws Exception {
    DatabaseConfig database = PostgresHarness.database();
    String user = database.user().orElseThrow();
    String password = database.password().orElseThrow();
    FluentConfiguration flyway =
        Flyway.configure(PostgresDatabase.class.getClassLoader())
            .dataSource(database.jdbcUrl(), user, password)
            .locations("classpath:db/migration");
    flyway.target("2").load().migrate();
    try (Connection connection = DriverManager.getConnection(database.jdbcUrl(), user, password);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "ALTER TABLE sandboxes DROP CONSTRAINT sandboxes_organization_id_fkey,"
              + " DROP CONSTRAINT sandboxes_region_id_fkey");
      statement.execute(SANDBOX.formatted("first", "the-token-of-the-first"));
      statement.execute(SANDBOX.formatted("second", "the-token-of-the-second"));

      flyway.target("3").load().migrate();

      List<String> secrets = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery("SELECT preview_secret FROM sandboxes")) {
        while (rows.next()) {
          secrets.add(rows.getString(1));
        }
      }
      assertThat(secrets).hasSize(2).doesNotHaveDuplicates();
      assertThat(secrets).allSatisfy(secret -> assertThat(secret).matches("[0-9a-f]{64}"));
    }
  }
}
