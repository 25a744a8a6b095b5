package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import dev.sandlot.model.job.SandboxJob;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A sandbox's way through the API, as its owner sees it.
class SandboxApiIT {
  private static ApiFixture api;
  private static FakeRunner runner;

  @BeforeAll
  static void start() {
    api = new ApiFixture();
    runner = new FakeRunner(api).start();
  }

  @AfterAll
  static void stop() {
    runner.close();
    api.close();
  }

  @Test
  void livesFromCreationToDeletion() {
    ApiFixture.Answer made = api.post("/sandbox", "{\"name\":\"first\",\"env\":{\"A\":\"b\"}}");

    assertThat(made.status()).isEqualTo(200);
    assertThat(made.text("state")).isEqualTo("started");
    String id = made.text("id");
    assertThat(api.get("/sandbox/first").text("id")).isEqualTo(id);

    assertThat(api.post("/sandbox/first/stop", "").text("state")).isEqualTo("stopped");
    assertThat(api.get("/sandbox/first").text("state")).isEqualTo("stopped");
    assertThat(api.post("/sandbox/" + id + "/start", "").text("state")).isEqualTo("started");

    assertThat(api.delete("/sandbox/" + id).text("state")).isEqualTo("destroying");
    awaitStatus(id, 404);
    assertThat(runner.sandboxes).doesNotContainKey(id);
  }

  static void awaitStatus(String id, int status) {
    Await.until(() -> api.get("/sandbox/" + id).status() == status);
  }

  /// Whoever is told that it is stopping looks again a second later; who hears nothing gives up.
  @Test
  void answersAStopThatTakesLongBeforeTheCallerGivesUp() {
    String id = api.post("/sandbox", "{}").text("id");
    runner.ignore("STOP_SANDBOX");
    try {
      assertThat(api.post("/sandbox/" + id + "/stop", "").text("state")).isEqualTo("stopping");
    } finally {
      runner.obey();
      api.delete("/sandbox/" + id + "?force=true");
    }
  }

  @Test
  void answersAStopThatFailsWithItsReason() {
    String id = api.post("/sandbox", "{}").text("id");
    runner.fail("STOP_SANDBOX", "it hangs in the kernel");
    try {
      ApiFixture.Answer answer = api.post("/sandbox/" + id + "/stop", "");

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text("state")).isEqualTo("error");
      assertThat(answer.text("errorReason")).isEqualTo("it hangs in the kernel");
    } finally {
      runner.obey();
      api.delete("/sandbox/" + id);
    }
  }

  @Test
  void ordersAsPartOfTheCallersTrace() {
    String trace = "0af7651916cd43dd8448eb211c80319c";

    String id =
        api.call(
                api.adminKey,
                "POST",
                "/sandbox",
                "{}",
                "traceparent",
                "00-" + trace + "-b7ad6b7169203331-01",
                "tracestate",
                "a=" + "x".repeat(255) + ",b=" + "x".repeat(255) + ",c=1")
            .text("id");

    assertThat(runner.seen)
        .filteredOn(job -> job.path("resourceId").asString().equals(id))
        .extracting(job -> job.path("traceContext").toString())
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains(trace)
        .as("more than is stored with an order")
        .doesNotContain("tracestate");
  }

  @Test
  void tellsWhoTheSandboxIsInItsJob() {
    String id = api.post("/sandbox", "{\"env\":{\"A\":\"b\"},\"user\":\"root\"}").text("id");

    SandboxJob payload =
        runner.seen.stream()
            .filter(job -> job.path("resourceId").asString().equals(id))
            .map(job -> Json.read(job.path("payload").asString(), SandboxJob.class))
            .findFirst()
            .orElseThrow();
    assertThat(payload.snapshot()).isEqualTo("default");
    assertThat(payload.osUser()).isEqualTo("root");
    assertThat(payload.env())
        .containsEntry("A", "b")
        .containsEntry("DAYTONA_SANDBOX_ID", id)
        .containsEntry("DAYTONA_SANDBOX_SNAPSHOT", "sandlot/default");
  }
}
