package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.controlplane.runnerpool.Overcommit;
import dev.sandlot.controlplane.runnerpool.Placement;
import dev.sandlot.model.RunnerId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which of two runners takes a sandbox, and that neither is promised more than it has.
class PlacementIT {
  /// Who waits longer than this for a lock is refused, so that a test fails rather than hangs.
  private static final Map<String, String> OPTIONS =
      Map.of("options", "-c statement_timeout=10s -c lock_timeout=5s");

  private final RunnerId second = RunnerId.random();
  private final List<AutoCloseable> open = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // each test begins with start
  private ApiFixture api;

  @SuppressWarnings("NullAway.Init")
  private RunnerId first;

  /// Two runners of these sizes in cores and GiB of memory, with nothing promised beyond them.
  private void start(Placement placement, int firstCpu, int firstMemory, int secondMemory) {
    DatabaseConfig database = PostgresHarness.database();
    DatabaseConfig bounded =
        new DatabaseConfig(
            database.jdbcUrl(),
            database.user(),
            database.password(),
            database.socket(),
            8,
            OPTIONS);
    api =
        new ApiFixture(
            bounded,
            config -> config.withOvercommit(new Overcommit(1, 1, 1)).withPlacement(placement));
    open.add(api);
    first = api.plane.bootstrap().runner().orElseThrow();
    open.add(new FakeRunner(api).start(firstCpu, firstMemory, 500));
    open.add(new FakeRunner(api, api.addRunner(second, "second")).start(2, secondMemory, 500));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  private RunnerId create() {
    ApiFixture.Answer made = api.post("/sandbox", "{}");
    assertThat(made.status()).as(made.body()).isEqualTo(200);
    return new RunnerId(UUID.fromString(made.text("runnerId")));
  }

  /// A transaction of somebody else's that has done this and is not over.
  private Connection holding(String sql, RunnerId runner) throws SQLException {
    Connection other = api.connect();
    other.setAutoCommit(false);
    try (PreparedStatement statement = other.prepareStatement(sql)) {
      statement.setObject(1, runner.value());
      statement.execute();
    }
    return other;
  }

  @Test
  void promisesNoMoreThanThereIsHoweverManyAskAtOnce() {
    start(Placement.SPREAD, 2, 64, 64);

    List<ApiFixture.Answer> answers =
        Later.atOnce(Collections.nCopies(8, () -> api.post("/sandbox", "{}")));

    List<String> runners =
        answers.stream()
            .filter(answer -> answer.status() == 200)
            .map(answer -> answer.text("runnerId"))
            .toList();
    assertThat(runners)
        .containsExactlyInAnyOrder(
            first.toString(), first.toString(), second.toString(), second.toString());
    assertThat(answers.stream().filter(answer -> answer.status() == 400)).hasSize(4);
    assertThat(api.post("/sandbox", "{}").text("message")).contains("cpu");
  }

  @Test
  void goesToTheRunnerWithMostMemoryLeftUnlessToldToPack() {
    start(Placement.SPREAD, 2, 62, 64);

    assertThat(List.of(create(), create(), create())).containsExactly(second, second, first);
  }

  @Test
  void packsARunnerFullBeforeItTakesTheNext() {
    start(Placement.PACK, 2, 62, 64);

    assertThat(List.of(create(), create(), create())).containsExactly(first, first, second);
  }

  @Test
  void waitsForNoOtherRunner() throws SQLException {
    start(Placement.SPREAD, 2, 10, 64);

    try (Connection row = holding("SELECT FROM runners WHERE id = ? FOR NO KEY UPDATE", first);
        Connection promised =
            holding("SELECT FROM runner_allocations WHERE runner_id = ? FOR UPDATE", first)) {
      assertThat(create()).isEqualTo(second);
      row.rollback();
      promised.rollback();
    }
  }

  @Test
  void takesTheNextRunnerWhenTheFirstHasFilledUpMeanwhile() throws SQLException {
    start(Placement.SPREAD, 2, 64, 10);

    try (Connection other =
        holding("UPDATE runner_allocations SET cpu = 2 WHERE runner_id = ?", first)) {
      Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{}"));
      Await.until(this::someoneWaitsForALock);
      other.commit();

      assertThat(made.answer().text("runnerId")).isEqualTo(second.toString());
    }
  }

  @Test
  void correctsWhatIsPromisedWhenItIsWrong() throws SQLException {
    start(Placement.SPREAD, 2, 64, 10);
    create();
    api.execute("UPDATE runner_allocations SET cpu = 2, memory_gib = -7");
    api.execute("DELETE FROM runner_allocations WHERE runner_id = ?", second.value());

    api.plane.sweep();

    assertThat(promised(first)).isEqualTo("1 1 3");
    assertThat(create()).isEqualTo(first);
  }

  private String promised(RunnerId runner) throws SQLException {
    try (Connection connection = api.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT cpu, memory_gib, disk_gib FROM runner_allocations WHERE runner_id = '"
                    + runner
                    + "'")) {
      assertThat(row.next()).isTrue();
      return row.getInt(1) + " " + row.getInt(2) + " " + row.getInt(3);
    }
  }

  private boolean someoneWaitsForALock() {
    try (Connection connection = api.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND wait_event_type = 'Lock'")) {
      return row.next() && row.getInt(1) > 0;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
