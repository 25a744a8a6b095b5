package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.job.JobStatus;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A home whose server was of an earlier version is taken over by this one: its sandboxes, and the
/// orders that were under way. A migration that changes a table adds to {@link #BEFORE} what it
/// changes, as the version before wrote it.
class UpgradeIT {
  /// The schema that {@link #BEFORE} is written for.
  private static final String SCHEMA = "3";

  private static final String BEFORE =
      """
      INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'admin', '', 'admin', now());
      INSERT INTO organizations VALUES ('00000000-0000-0000-0000-000000000002', 'Personal', true,
        '00000000-0000-0000-0000-000000000001', 'local', now(), now());
      INSERT INTO members VALUES ('00000000-0000-0000-0000-000000000002',
        '00000000-0000-0000-0000-000000000001', 'owner');
      INSERT INTO regions VALUES ('local', 'local', NULL, 'shared', now(), now());
      INSERT INTO runners (id, name, region_id, created_at, updated_at)
      VALUES ('00000000-0000-0000-0000-000000000003', 'local', 'local', now(), now());
      INSERT INTO snapshots (id, name, ref, state, cpu, memory, disk, created_at, updated_at)
      VALUES (gen_random_uuid(), 'sandlot/default', 'image-of-before', 'active', 1, 1, 3, now(), now());
      INSERT INTO snapshots (id, organization_id, name, ref, state, cpu, memory, disk, created_at,
        updated_at)
      VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000002', 'own', 'image-of-own',
        'active', 2, 4, 8, now(), now());
      """;

  private static final String SANDBOX =
      """
      INSERT INTO sandboxes (id, organization_id, region_id, runner_id, name, snapshot, snapshot_ref,
        os_user, env, cpu, memory, disk, labels, public, network_block_all, network_allow_list,
        auto_stop_minutes, auto_archive_minutes, auto_delete_minutes, state, version,
        preview_secret, deadline_at, created_at, updated_at, last_activity_at)
      VALUES ('10000000-0000-0000-0000-00000000000%1$d', '00000000-0000-0000-0000-000000000002',
        'local', '00000000-0000-0000-0000-000000000003', 'in-%2$s', 'sandlot/default',
        'image-of-before', 'daytona', '{}', 2, 3, 5, '{}', false, false, '', 0, 10080, -1, '%2$s', 1,
        'secret', %3$s, now(), now(), now());
      """;

  private static final String CREATE_JOB =
      """
      INSERT INTO jobs (id, type, status, runner_id, resource_type, resource_id, payload,
        trace_context, created_at, updated_at)
      SELECT gen_random_uuid(), 'CREATE_SANDBOX', 'PENDING', runner_id, 'SANDBOX', id,
        '{"snapshot":"image-of-before"}', '{}', now(), now()
      FROM sandboxes WHERE state = 'CREATING';
      """;

  private static final List<String> STATES =
      List.of(
          "CREATING",
          "STARTED",
          "STOPPING",
          "STOPPED",
          "STARTING",
          "DESTROYING",
          "DESTROYED",
          "ERROR");

  private ApiFixture api;
  private FakeRunner runner;

  /// By the migrations: a sweep would correct it.
  private String promised;

  @BeforeEach
  void start() throws SQLException {
    DatabaseConfig database = PostgresHarness.database();
    String user = database.user().orElseThrow();
    String password = database.password().orElseThrow();
    FluentConfiguration flyway =
        Flyway.configure(PostgresDatabase.class.getClassLoader())
            .dataSource(database.jdbcUrl(), user, password)
            .locations("classpath:db/migration");
    flyway.target(SCHEMA).load().migrate();
    try (Connection connection = DriverManager.getConnection(database.jdbcUrl(), user, password);
        Statement statement = connection.createStatement()) {
      statement.execute(BEFORE);
      for (int index = 0; index < STATES.size(); index++) {
        String state = STATES.get(index);
        boolean pending = state.endsWith("ING");
        statement.execute(
            SANDBOX.formatted(index, state, pending ? "now() + interval '5 minutes'" : "NULL"));
      }
      statement.execute(CREATE_JOB);
      flyway.target("latest").load().migrate();
      try (ResultSet row =
          statement.executeQuery(
              "SELECT concat_ws(' ', cpu, memory_gib, disk_gib) FROM runner_allocations")) {
        promised = row.next() ? row.getString(1) : "";
      }
    }
    api = new ApiFixture(database, UnaryOperator.identity());
    runner = new FakeRunner(api);
  }

  @AfterEach
  void stop() {
    runner.close();
    api.close();
  }

  private String state(String name) {
    return api.get("/sandbox/" + name).text("state");
  }

  private List<String> texts(String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Connection connection = api.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }

  @Test
  void keepsSandboxesAndWhatWasOrderedOfThem() {
    assertThat(state("in-STARTED")).isEqualTo("started");
    assertThat(state("in-CREATING")).isEqualTo("creating");

    runner.start();

    Await.until(() -> state("in-CREATING").equals("started"));
    ApiFixture.Answer started = api.post("/sandbox/in-STOPPED/start", "");
    assertThat(started.status()).as(started.body()).isEqualTo(200);
    assertThat(started.text("state")).isEqualTo("started");
  }

  @Test
  void startsSandboxesFromTheImageThatTheSnapshotHad() throws SQLException {
    runner.start();

    ApiFixture.Answer made = api.post("/sandbox", "{\"snapshot\":\"own\"}");

    assertThat(made.status()).as(made.body()).isEqualTo(200);
    assertThat(texts("SELECT snapshot_ref FROM sandboxes WHERE id = '" + made.text("id") + "'"))
        .containsExactly("image-of-own");
    assertThat(api.get("/snapshots/own").text("ref")).isEqualTo("image-of-own");
  }

  @Test
  void promisesOfTheRunnerWhatItsSandboxesHold() {
    assertThat(promised)
        .isEqualTo(
            holding(SandboxState::usesProcessor, 2)
                + " "
                + holding(SandboxState::usesProcessor, 3)
                + " "
                + holding(SandboxState::keepsFiles, 5));
  }

  private static long holding(Predicate<SandboxState> which, int each) {
    return each * Arrays.stream(SandboxState.values()).filter(which).count();
  }

  /// A condition of a partial index is not found by a statement that says it otherwise.
  @Test
  void indexesTheStatesThatTheEnumsName() throws SQLException {
    String definitions = String.join("\n", texts("SELECT indexdef FROM pg_indexes"));

    assertThat(definitions)
        .contains(
            "(organization_id, name) WHERE (state <> ALL (ARRAY["
                + array(
                    Arrays.stream(SandboxState.values())
                        .filter(SandboxState::isBeingRemoved)
                        .toList())
                + "]))",
            "(runner_id, state) INCLUDE (cpu, memory, disk) WHERE (state <> "
                + Columns.literal(SandboxState.DESTROYED)
                + "::text)",
            "(resource_type, resource_id, number) WHERE (status = ANY (ARRAY["
                + array(
                    Arrays.stream(JobStatus.values()).filter(status -> !status.isFinal()).toList())
                + "]))");
  }

  private static String array(List<? extends Enum<?>> constants) {
    return String.join(
        ", ", constants.stream().map(one -> Columns.literal(one) + "::text").toList());
  }
}
