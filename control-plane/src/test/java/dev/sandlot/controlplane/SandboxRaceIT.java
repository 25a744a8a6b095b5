package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.runnerpool.Overcommit;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The same sandbox from two sides at once.
class SandboxRaceIT {
  private final FakeClock clock = new FakeClock();
  private ApiFixture api;
  private FakeRunner runner;

  @BeforeEach
  void start() {
    api =
        new ApiFixture(
            PostgresHarness.database(),
            config ->
                config
                    .withOvercommit(new Overcommit(1, 1, 1))
                    .withTime(Duration.ofMillis(20), clock));
    runner = new FakeRunner(api).start();
  }

  @AfterEach
  void stop() {
    runner.close();
    api.close();
  }

  private static Supplier<Integer> status(Supplier<ApiFixture.Answer> call) {
    return () -> call.get().status();
  }

  private String state(String id) {
    return api.get("/sandbox/" + id).text("state");
  }

  @Test
  void givesANameToOneOfThoseWhoAskForItAtOnce() {
    List<Integer> answers =
        Later.atOnce(
            Collections.nCopies(6, status(() -> api.post("/sandbox", "{\"name\":\"wanted\"}"))));

    assertThat(answers).containsOnlyOnce(200).containsOnly(200, 409);
    assertThat(api.get("/sandbox?name=wanted").json().path("items").size()).isEqualTo(1);
  }

  @Test
  void givesTheLastRoomToAsManyAsItHolds() {
    api.report(3, 64, 500);

    List<Integer> answers =
        Later.atOnce(Collections.nCopies(8, status(() -> api.post("/sandbox", "{}"))));

    assertThat(Collections.frequency(answers, 200)).isEqualTo(3);
    assertThat(Collections.frequency(answers, 400)).isEqualTo(5);
    ApiFixture.Answer refused = api.post("/sandbox", "{}");
    assertThat(refused.text("message")).contains("cpu");
  }

  @Test
  void letsOneOfTwoStops() {
    String id = api.post("/sandbox", "{}").text("id");
    runner.ignore("STOP_SANDBOX");

    List<Integer> answers =
        Later.atOnce(
            Collections.nCopies(4, status(() -> api.post("/sandbox/" + id + "/stop", ""))));

    assertThat(answers).containsOnlyOnce(200).containsOnly(200, 409);
    Await.until(() -> runner.jobsOf(id).contains("STOP_SANDBOX"));
    assertThat(runner.jobsOf(id)).containsOnlyOnce("STOP_SANDBOX");
  }

  @Test
  void answersEveryoneWhoStartsAtOnceAndStartsOnce() {
    String id = api.post("/sandbox", "{}").text("id");
    api.post("/sandbox/" + id + "/stop", "");
    Await.until(() -> state(id).equals("stopped"));

    List<Integer> answers =
        Later.atOnce(
            Collections.nCopies(4, status(() -> api.post("/sandbox/" + id + "/start", ""))));

    assertThat(answers).contains(200).isSubsetOf(200, 409);
    assertThat(runner.jobsOf(id)).containsOnlyOnce("START_SANDBOX");
  }

  @Test
  void refusesADeleteDuringCreationUnlessForced() {
    runner.ignore("CREATE_SANDBOX");
    Later<ApiFixture.Answer> made =
        Later.ask(() -> api.post("/sandbox", "{\"name\":\"unwanted\"}"));
    Await.until(() -> api.get("/sandbox/unwanted").status() == 200);
    String id = api.get("/sandbox/unwanted").text("id");

    ApiFixture.Answer refused = api.delete("/sandbox/unwanted");
    assertRefused(refused, 409);
    assertThat(refused.text("message")).contains("force=true");
    assertThat(state(id)).isEqualTo("creating");

    assertThat(api.delete("/sandbox/" + id + "?force=true").text("state")).isEqualTo("destroying");
    assertRefused(made.answer(), 404);
    runner.obey();
    assertThat(api.post("/sandbox", "{\"name\":\"unwanted\"}").status()).isEqualTo(200);
    Await.until(() -> api.get("/sandbox/" + id).status() == 404);
  }

  @Test
  void keepsBothOfTwoSettingsChangedAtOnce() {
    String id = api.post("/sandbox", "{}").text("id");

    for (int round = 1; round <= 10; round++) {
      String value = Integer.toString(round);
      assertThat(
              Later.atOnce(
                  List.of(
                      status(() ->
                          api.put(
                              "/sandbox/" + id + "/labels",
                              "{\"labels\":{\"round\":\"" + value + "\"}}")),
                      status(() -> api.post("/sandbox/" + id + "/autostop/" + value, "")),
                      status(() ->
                          api.post(
                              "/sandbox/" + id + "/network-settings",
                              "{\"networkAllowList\":\"203.0.113." + value + "/32\"}")))))
          .containsExactly(200, 201, 200);

      ApiFixture.Answer after = api.get("/sandbox/" + id);
      assertThat(after.json().path("labels").path("round").asString()).isEqualTo(value);
      assertThat(after.json().path("autoStopInterval").asInt()).isEqualTo(round);
      assertThat(after.text("networkAllowList")).isEqualTo("203.0.113." + value + "/32");
    }
  }

  /// Somebody uses a sandbox after a sweep found it idle and before its turn to be stopped came.
  @Test
  void stopsNoSandboxThatWasUsedSinceItWasFoundIdle() throws SQLException {
    String first = api.post("/sandbox", "{\"autoStopInterval\":10}").text("id");
    clock.advance(Duration.ofSeconds(1));
    String second = api.post("/sandbox", "{\"autoStopInterval\":10}").text("id");

    try (Connection other = api.connect()) {
      other.setAutoCommit(false);
      run(other, "UPDATE sandboxes SET updated_at = updated_at WHERE id = ?", first);
      becomeIdleAtOnce();
      Await.until(this::someoneWaitsForALock);
      assertThat(api.post("/sandbox/" + second + "/last-activity", "").status()).isEqualTo(201);
      other.commit();
    }

    Await.until(() -> state(first).equals("stopped"));
    Await.never(
        "the other is stopped", Duration.ofMillis(100), () -> !state(second).equals("started"));
  }

  /// Ten minutes pass for both, and at no time in between the runner counts as silent: a sweep that
  /// met a silent runner at the first sandbox and a ready one at the second would stop the second.
  private void becomeIdleAtOnce() {
    clock.advance(Duration.ofMinutes(9).plusSeconds(50));
    api.report(8, 64, 500);
    clock.advance(Duration.ofSeconds(15));
  }

  private static void run(Connection connection, String sql, String id) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, UUID.fromString(id));
      assertThat(statement.executeUpdate()).isEqualTo(1);
    }
  }

  private boolean someoneWaitsForALock() {
    try (Connection connection = api.connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND wait_event_type = 'Lock'")) {
      var row = statement.executeQuery();
      return row.next() && row.getInt(1) > 0;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
