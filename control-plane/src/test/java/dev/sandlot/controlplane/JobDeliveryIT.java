package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Orders and reports that get lost, or come twice.
class JobDeliveryIT {
  private final FakeClock clock = new FakeClock();
  private ApiFixture api;
  private FakeRunner runner;

  /// For so long nothing must come about that would come about at once.
  private static final Duration MOMENT = Duration.ofMillis(100);

  @BeforeEach
  void start() {
    api =
        new ApiFixture(
            PostgresHarness.database(), config -> config.withTime(Duration.ofMillis(20), clock));
    runner = new FakeRunner(api);
    api.report(8, 64, 500);
  }

  @AfterEach
  void stop() {
    runner.close();
    api.close();
  }

  private List<JsonNode> taken() {
    List<JsonNode> jobs = new ArrayList<>();
    Await.until(() -> {
      runner.poll(0).path("jobs").forEach(jobs::add);
      return !jobs.isEmpty();
    });
    return jobs;
  }

  /// Asks for it and goes on when it is ordered: the answer comes when it is applied.
  private void blockAll(String name) {
    Later.ask(
        () -> api.post("/sandbox/" + name + "/network-settings", "{\"networkBlockAll\":true}"));
    Await.until(
        () -> api.call(api.runnerKey, "GET", "/jobs", "").json().path("total").asInt() == 2);
  }

  private String state(String id) {
    return api.get("/sandbox/" + id).text("state");
  }

  @Test
  void livesAWholeLifeWithEveryJobDoneTwice() {
    runner.reactions = _ -> new FakeRunner.Reaction.DoTwice();
    runner.start();

    String id = api.post("/sandbox", "{}").text("id");
    assertThat(
            api.post("/sandbox/" + id + "/network-settings", "{\"networkBlockAll\":true}").status())
        .isEqualTo(200);
    api.post("/sandbox/" + id + "/stop", "");
    Await.until(() -> state(id).equals("stopped"));
    assertThat(api.post("/sandbox/" + id + "/start", "").text("state")).isEqualTo("started");
    api.delete("/sandbox/" + id);
    Await.until(() -> api.get("/sandbox/" + id).status() == 404);

    assertThat(runner.sandboxes).isEmpty();
    assertThat(runner.jobsOf(id))
        .containsExactly(
            "CREATE_SANDBOX",
            "UPDATE_SANDBOX_NETWORK_SETTINGS",
            "STOP_SANDBOX",
            "START_SANDBOX",
            "DESTROY_SANDBOX");
  }

  @Test
  void handsAJobOutAgainWhenItsAnswerGotLost() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{}"));
    String lost = taken().getFirst().path("id").asString();
    assertThat(runner.poll(0).path("jobs").size()).isZero();

    clock.advance(Duration.ofSeconds(61));

    JsonNode again = taken().getFirst();
    assertThat(again.path("id").asString()).isEqualTo(lost);
    runner.serve(again);
    assertThat(made.answer().text("state")).isEqualTo("started");
  }

  @Test
  void handsOutTheJobsOfASandboxOneAfterTheOther() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{\"name\":\"one\"}"));
    JsonNode create = taken().getFirst();
    blockAll("one");
    assertThat(runner.poll(0).path("jobs").size()).isZero();

    runner.serve(create);

    JsonNode next = taken().getFirst();
    assertThat(FakeRunner.is(next, "UPDATE_SANDBOX_NETWORK_SETTINGS")).isTrue();
    assertThat(next.path("payload").asString()).contains("\"networkBlockAll\":true");
    assertThat(made.answer().text("state")).isEqualTo("started");
  }

  /// The settings are not lost when what is before them takes its time.
  @Test
  void appliesNetworkSettingsThatWaitedForASlowCreation() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{\"name\":\"slow\"}"));
    JsonNode create = taken().getFirst();
    blockAll("slow");
    clock.advance(Duration.ofMinutes(5));
    Await.never("it is given up", MOMENT, () -> !state("slow").equals("creating"));

    runner.serve(create);

    JsonNode next = taken().getFirst();
    assertThat(FakeRunner.is(next, "UPDATE_SANDBOX_NETWORK_SETTINGS")).isTrue();
    runner.serve(next);
    assertThat(made.answer().text("state")).isEqualTo("started");
    assertThat(state("slow")).isEqualTo("started");
  }

  @Test
  void wakesAPollAtOnce() {
    Later<JsonNode> poll = Later.ask(() -> runner.poll(30));
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{}"));

    runner.serve(poll.answer().path("jobs").path(0));

    assertThat(made.answer().text("state")).isEqualTo("started");
  }

  @Test
  void stopsASandboxWhoseNetworkSettingsCannotBeApplied() {
    runner.fail("UPDATE_SANDBOX_NETWORK_SETTINGS", "no nftables");
    runner.start();
    String id = api.post("/sandbox", "{}").text("id");

    ApiFixture.Answer answer =
        api.post("/sandbox/" + id + "/network-settings", "{\"networkBlockAll\":true}");

    assertRefused(answer, 502);
    assertThat(answer.text("message")).contains("no nftables", "stopped");
    assertThat(state(id)).isEqualTo("stopped");
    assertThat(api.get("/sandbox/" + id).text("errorReason")).contains("no nftables");
    assertThat(runner.sandboxes).containsEntry(id, false);
    assertThat(api.post("/sandbox/" + id + "/start", "").text("state")).isEqualTo("started");
    assertThat(runner.seen.getLast().path("payload").asString())
        .contains("\"networkBlockAll\":true");
  }

  /// Nobody may take a network for closed that is still open.
  @Test
  void tellsThatSettingsWereNotAppliedToASandboxThatIsStoppedMeanwhile() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{\"name\":\"x\"}"));
    runner.serve(taken().getFirst());
    made.answer();
    Later<ApiFixture.Answer> changed =
        Later.ask(() -> api.post("/sandbox/x/network-settings", "{\"networkBlockAll\":true}"));
    JsonNode change = taken().getFirst();
    Later<ApiFixture.Answer> stopped = Later.ask(() -> api.post("/sandbox/x/stop", ""));
    Await.until(() -> api.get("/sandbox/x").text("state").equals("stopping"));

    runner.report(change, "FAILED", "no nftables");

    JsonNode stop = taken().getFirst();
    assertThat(changed.answered()).isFalse();
    runner.serve(stop);
    assertRefused(changed.answer(), 502);
    assertThat(changed.answer().text("message")).contains("no nftables", "stopped");
    assertThat(stopped.answer().text("state")).isEqualTo("stopped");
  }

  @Test
  void tellsThatASandboxWasDeletedBeforeItsSettingsWereApplied() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{\"name\":\"x\"}"));
    runner.serve(taken().getFirst());
    made.answer();
    Later<ApiFixture.Answer> changed =
        Later.ask(() -> api.post("/sandbox/x/network-settings", "{\"networkBlockAll\":true}"));
    taken();

    api.delete("/sandbox/x?force=true");

    assertRefused(changed.answer(), 404);
  }

  @Test
  void tellsWhyACreationFailedAndLeavesNothing() {
    runner.fail("CREATE_SANDBOX", "the image is broken");
    runner.start();

    ApiFixture.Answer answer = api.post("/sandbox", "{\"name\":\"again\"}");

    assertRefused(answer, 400);
    assertThat(answer.text("message")).contains("the image is broken");
    runner.obey();
    assertThat(api.post("/sandbox", "{\"name\":\"again\"}").status()).isEqualTo(200);
    assertThat(api.get("/sandbox?name=again").json().path("items").size()).isEqualTo(1);
  }

  @Test
  void bringsASandboxBackFromAFailedStart() {
    runner.start();
    String id = api.post("/sandbox", "{}").text("id");
    for (String option : List.of("", "?skipStart=true")) {
      api.post("/sandbox/" + id + "/stop", "");
      Await.until(() -> state(id).equals("stopped"));
      runner.fail("START_SANDBOX", "no memory");
      assertRefused(api.post("/sandbox/" + id + "/start", ""), 400);
      ApiFixture.Answer failed = api.get("/sandbox/" + id);
      assertThat(failed.text("state")).isEqualTo("error");
      assertThat(failed.text("errorReason")).isEqualTo("no memory");
      assertThat(failed.json().path("recoverable").asBoolean()).isTrue();
      assertRefused(api.post("/sandbox/" + id + "/start", ""), 400);
      runner.obey();

      String after = option.isEmpty() ? "started" : "stopped";
      assertThat(api.post("/sandbox/" + id + "/recover" + option, "").text("state"))
          .isEqualTo(after);
    }
  }

  @Test
  void takesNoReportOnAJobThatHasEndedOtherwise() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{\"name\":\"x\"}"));
    JsonNode create = taken().getFirst();
    assertThat(runner.report(create, "IN_PROGRESS", "").status()).isEqualTo(201);
    assertThat(runner.report(create, "IN_PROGRESS", "").status()).isEqualTo(201);
    assertRefused(runner.report(create, "PENDING", ""), 409);
    assertRefused(runner.report(create, "DONE", ""), 400);
    assertThat(runner.report(create, "COMPLETED", "").status()).isEqualTo(201);
    String id = made.answer().text("id");

    assertThat(runner.report(create, "COMPLETED", "").status()).isEqualTo(201);
    assertRefused(runner.report(create, "FAILED", "on second thoughts"), 409);

    assertThat(state(id)).isEqualTo("started");
  }

  @Test
  void goesByTheNewestOrderWhenAnOlderOneIsReportedLate() {
    Later<ApiFixture.Answer> made = Later.ask(() -> api.post("/sandbox", "{\"name\":\"x\"}"));
    JsonNode create = taken().getFirst();
    api.delete("/sandbox/x?force=true");
    JsonNode destroy = taken().getFirst();

    assertRefused(runner.report(create, "COMPLETED", ""), 409);
    assertThat(FakeRunner.is(destroy, "DESTROY_SANDBOX")).isTrue();
    runner.serve(destroy);

    assertRefused(made.answer(), 404);
    assertRefused(api.get("/sandbox/" + create.path("resourceId").asString()), 404);
  }

  @Test
  void stopsWhatRunsThoughItShouldNot() {
    runner.start();
    String id = api.post("/sandbox", "{}").text("id");
    api.post("/sandbox/" + id + "/stop", "");
    Await.until(() -> state(id).equals("stopped"));
    runner.sandboxes.put(id, true);

    see(id, "started");

    Await.until(() -> Boolean.FALSE.equals(runner.sandboxes.get(id)));
    Await.until(() -> state(id).equals("stopped"));
    see(id, "destroyed");
    assertThat(state(id)).isEqualTo("error");
  }

  private void see(String id, String state) {
    assertThat(
            api.call(
                    api.runnerKey,
                    "PUT",
                    "/sandbox/" + id + "/state",
                    "{\"state\":\"" + state + "\",\"errorReason\":\"seen\"}")
                .status())
        .isEqualTo(200);
  }
}
