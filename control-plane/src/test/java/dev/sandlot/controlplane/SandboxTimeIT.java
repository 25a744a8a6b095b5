package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// What time brings about: idle sandboxes, deadlines, silent runners, expiring keys.
class SandboxTimeIT {
  private static final Duration SWEEP_PAUSE = Duration.ofMillis(20);

  /// For so long nothing is swept that must not be.
  private static final Duration SWEEPS = SWEEP_PAUSE.multipliedBy(5);

  private final FakeClock clock = new FakeClock();
  private DatabaseConfig database;
  private ApiFixture api;
  private FakeRunner runner;

  @BeforeEach
  void start() {
    database = PostgresHarness.database();
    api = new ApiFixture(database, config -> config.withTime(SWEEP_PAUSE, clock));
    runner = new FakeRunner(api).start();
  }

  @AfterEach
  void stop() {
    runner.close();
    api.close();
  }

  /// The runner goes on reporting.
  private void pass(Duration time) {
    clock.advance(time);
    api.report(8, 64, 500);
  }

  private String make(String body) {
    ApiFixture.Answer made = api.post("/sandbox", body);
    assertThat(made.status()).as(made.body()).isEqualTo(200);
    return made.text("id");
  }

  private String state(String id) {
    return api.get("/sandbox/" + id).text("state");
  }

  private void awaitState(String id, String state) {
    Await.until(() -> state(id).equals(state));
  }

  private void awaitGone(String id) {
    Await.until(() -> api.get("/sandbox/" + id).status() == 404);
  }

  @Test
  void stopsWhatIsIdleForItsIntervalAndNothingElse() {
    String ten = make("{\"autoStopInterval\":10}");
    String twenty = make("{\"autoStopInterval\":20}");
    String never = make("{\"autoStopInterval\":0}");

    pass(Duration.ofMinutes(11));
    awaitState(ten, "stopped");
    assertThat(state(twenty)).isEqualTo("started");
    assertThat(api.get("/sandbox/" + ten).text("errorReason")).contains("idle");

    pass(Duration.ofMinutes(10));
    awaitState(twenty, "stopped");
    assertThat(state(never)).isEqualTo("started");
  }

  @Test
  void activityPostponesTheStop() {
    String used = make("{\"autoStopInterval\":10}");
    String idle = make("{\"autoStopInterval\":10}");

    pass(Duration.ofMinutes(9));
    assertThat(api.post("/sandbox/" + used + "/last-activity", "").status()).isEqualTo(201);
    pass(Duration.ofMinutes(2));

    awaitState(idle, "stopped");
    assertThat(state(used)).isEqualTo("started");
  }

  @Test
  void deletesWhatIsStoppedForItsInterval() {
    String id = make("{\"autoDeleteInterval\":30}");
    String kept = make("{}");
    for (String one : new String[] {id, kept}) {
      api.post("/sandbox/" + one + "/stop", "");
      awaitState(one, "stopped");
    }

    pass(Duration.ofMinutes(31));

    awaitGone(id);
    assertThat(runner.sandboxes).doesNotContainKey(id);
    assertThat(state(kept)).isEqualTo("stopped");
  }

  @Test
  void removesAnEphemeralSandboxHoweverItStops() {
    String stopped = make("{\"autoDeleteInterval\":0}");
    String ended = make("{\"autoDeleteInterval\":0}");
    String idle = make("{\"autoDeleteInterval\":0,\"autoStopInterval\":1}");

    assertThat(api.post("/sandbox/" + stopped + "/stop", "").text("state")).isEqualTo("destroyed");
    awaitGone(stopped);
    api.call(api.runnerKey, "PUT", "/sandbox/" + ended + "/state", "{\"state\":\"stopped\"}");
    awaitGone(ended);
    pass(Duration.ofMinutes(2));
    awaitGone(idle);
  }

  @Test
  void leavesIdleSandboxesAloneWhileTheirRunnerIsNotThere() {
    String id = make("{\"autoStopInterval\":10}");

    clock.advance(Duration.ofMinutes(11));
    Await.never("it is stopped", SWEEPS, () -> !state(id).equals("started"));

    pass(Duration.ZERO);
    awaitState(id, "stopped");
  }

  @ParameterizedTest
  @CsvSource({
    "CREATE_SANDBOX, creating, PT10M",
    "START_SANDBOX,  starting, PT4M",
    "STOP_SANDBOX,   stopping, PT4M"
  })
  void killsWhatTakesTooLongSoThatNothingRunsUnaccounted(
      String type, String pending, Duration timeout) {
    String id;
    Later<ApiFixture.Answer> answer;
    if (type.equals("CREATE_SANDBOX")) {
      runner.ignore(type);
      answer = Later.ask(() -> api.post("/sandbox", "{\"name\":\"slow\"}"));
      Await.until(() -> api.get("/sandbox/slow").status() == 200);
      id = api.get("/sandbox/slow").text("id");
    } else {
      id = make("{\"name\":\"slow\"}");
      if (type.equals("START_SANDBOX")) {
        api.post("/sandbox/slow/stop", "");
        awaitState(id, "stopped");
      }
      runner.ignore(type);
      String command = type.equals("START_SANDBOX") ? "/start" : "/stop";
      answer = Later.ask(() -> api.post("/sandbox/slow" + command, ""));
    }
    Await.until(() -> runner.jobsOf(id).contains(type));
    assertThat(state(id)).isEqualTo(pending);
    // The runner did it, and its answer was lost.
    runner.sandboxes.put(id, true);
    String late = runner.seen.getLast().path("id").asString();
    runner.reactions =
        job ->
            job.path("id").asString().equals(late)
                ? new FakeRunner.Reaction.Ignore()
                : new FakeRunner.Reaction.Do();

    pass(timeout.plusSeconds(1));

    Await.until(() -> Boolean.FALSE.equals(runner.sandboxes.get(id)) || gone(id));
    assertThat(answer.answer().status()).isEqualTo(type.equals("STOP_SANDBOX") ? 200 : 400);
    if (!type.equals("CREATE_SANDBOX")) {
      ApiFixture.Answer after = api.get("/sandbox/" + id);
      assertThat(after.text("state")).isEqualTo("error");
      assertThat(after.text("errorReason")).contains("in time");
      assertThat(runner.seen)
          .anyMatch(job -> job.path("payload").asString("").equals("{\"force\":true}"));
      assertThat(api.post("/sandbox/" + id + "/recover", "").text("state")).isEqualTo("started");
    }
  }

  private boolean gone(String id) {
    return !runner.sandboxes.containsKey(id);
  }

  @Test
  void ordersARemovalAgainUntilItIsDone() {
    String id = make("{}");
    runner.ignore("DESTROY_SANDBOX");
    api.delete("/sandbox/" + id);
    Await.until(() -> runner.jobsOf(id).contains("DESTROY_SANDBOX"));

    runner.fail("DESTROY_SANDBOX", "busy");
    pass(Duration.ofMinutes(5));
    Await.until(() -> runner.jobsOf(id).size() >= 3);
    // From the moment on at which it is told, the next is due.
    Await.until(() -> jobStatus(runner.seen.getLast()).equals("FAILED"));
    assertThat(state(id)).isEqualTo("destroying");

    runner.obey();
    pass(Duration.ofSeconds(11));
    awaitGone(id);
    assertThat(runner.sandboxes).doesNotContainKey(id);
  }

  private String jobStatus(JsonNode job) {
    String id = job.path("id").asString();
    return api.call(api.runnerKey, "GET", "/jobs/" + id, "").text("status");
  }

  @Test
  void givesUpWhatIsOnARunnerThatIsSilentForADay() {
    String running = make("{}");
    String leaving = make("{}");
    runner.ignore("DESTROY_SANDBOX");
    api.delete("/sandbox/" + leaving);

    clock.advance(Duration.ofHours(25));

    awaitState(running, "error");
    assertThat(api.get("/sandbox/" + running).text("errorReason")).contains("silent");
    awaitGone(leaving);
    // Its files are where they were, if the runner ever comes back.
    pass(Duration.ZERO);
    assertThat(api.post("/sandbox/" + running + "/recover", "").text("state")).isEqualTo("started");
  }

  @Test
  void countsNoSilenceFromBeforeItsStart() {
    String id = make("{}");
    String key = api.adminKey;
    api.close();
    clock.advance(Duration.ofHours(25));

    api = new ApiFixture(database, config -> config.withTime(SWEEP_PAUSE, clock));
    Await.never(
        "it is given up",
        SWEEPS,
        () -> !api.call(key, "GET", "/sandbox/" + id, "").text("state").equals("started"));
  }

  @Test
  void deletesByForceAtOnceWhenTheRunnerIsNotThere() {
    String id = make("{\"name\":\"lost\"}");
    clock.advance(Duration.ofMinutes(2));

    assertThat(api.delete("/sandbox/" + id + "?force=true").status()).isEqualTo(200);

    assertRefused(api.get("/sandbox/" + id), 404);
    // When the runner is back, it learns that the sandbox should not be there.
    assertThat(api.call(api.runnerKey, "GET", "/sandbox/for-runner", "").body()).doesNotContain(id);
  }

  @Test
  void startsNothingWhileNoRunnerIsThere() {
    String id = make("{}");
    api.post("/sandbox/" + id + "/stop", "");
    awaitState(id, "stopped");
    clock.advance(Duration.ofMinutes(2));

    assertRefused(api.post("/sandbox", "{}"), 400);
    assertRefused(api.post("/sandbox/" + id + "/start", ""), 400);
    assertThat(state(id)).isEqualTo("stopped");
    assertThat(api.call(api.healthKey, "GET", "/health/ready", "").status()).isEqualTo(503);

    pass(Duration.ZERO);
    assertThat(api.post("/sandbox/" + id + "/start", "").text("state")).isEqualTo("started");
    assertThat(api.call(api.healthKey, "GET", "/health/ready", "").status()).isEqualTo(200);
  }

  @Test
  void aKeyExpiresWhileItIsInUse() {
    ApiFixture.Tenant tenant = api.tenant("t");
    String key =
        api.key(
            tenant, EnumSet.allOf(Permission.class), Optional.of(clock.instant().plusSeconds(60)));
    assertThat(api.call(key, "GET", "/sandbox", "").status()).isEqualTo(200);

    clock.advance(Duration.ofSeconds(61));

    assertRefused(api.call(key, "GET", "/sandbox", ""), 401);
  }

  @Test
  void aSignedTokenOpensOnePortForItsTime() {
    String id = make("{}");
    String ports = "/sandbox/" + id + "/ports/3000/signed-preview-url";
    String token = api.get(ports + "?expiresInSeconds=60").text("token");
    String expired = api.get(ports + "?expiresInSeconds=600").text("token");

    assertThat(target(token, 3000).body()).isEqualTo(id);
    assertRefused(target(token, 3001), 404);
    assertThat(api.post(ports + "/" + expired + "/expire", "").status()).isEqualTo(201);
    assertRefused(target(expired, 3000), 404);

    clock.advance(Duration.ofSeconds(61));
    assertRefused(target(token, 3000), 404);
  }

  private ApiFixture.Answer target(String token, int port) {
    return api.call(api.proxyKey, "GET", "/preview/" + token + "/" + port + "/sandbox-id", "");
  }
}
