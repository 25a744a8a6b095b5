package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.access.Secret;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// The database dies in the middle of everything and comes back.
class DatabaseFaultIT {
  @Test
  void saysSoWhileTheDatabaseIsAwayAndGoesOnWhenItIsBack() {
    FakeClock clock = new FakeClock();
    try (ApiFixture api =
            new ApiFixture(
                PostgresHarness.database(),
                config -> config.withTime(Duration.ofMillis(200), clock));
        FakeRunner runner = new FakeRunner(api).start()) {
      String id = api.post("/sandbox", "{\"name\":\"kept\"}").text("id");
      runner.ignore("STOP_SANDBOX");
      Later<ApiFixture.Answer> stop = Later.ask(() -> api.post("/sandbox/kept/stop", ""));
      Await.until(() -> runner.jobsOf(id).contains("STOP_SANDBOX"));

      PostgresHarness.crash();
      try {
        List<ApiFixture.Answer> answers =
            Later.atOnce(
                List.<Supplier<ApiFixture.Answer>>of(
                    () -> api.get("/sandbox/kept"),
                    () -> api.post("/sandbox", "{\"name\":\"new\"}"),
                    () -> api.call(Secret.random().text(), "GET", "/sandbox", "")));
        // Nobody takes a fault of ours for a bad key or a lost sandbox.
        answers.forEach(answer -> assertRefused(answer, 503));
        assertThat(stop.answer().status()).isEqualTo(503);
        assertThat(api.get("/health").status()).isEqualTo(200);
        assertThat(api.get("/config").status()).isEqualTo(200);
      } finally {
        PostgresHarness.restart();
      }

      Await.until(() -> api.get("/sandbox/kept").status() == 200);
      assertThat(api.get("/sandbox/kept").text("state")).isEqualTo("stopping");
      runner.obey();
      clock.advance(Duration.ofSeconds(61));
      api.report(8, 64, 500);
      Await.until(() -> api.get("/sandbox/kept").text("state").equals("stopped"));
      assertThat(api.post("/sandbox/kept/start", "").text("state")).isEqualTo("started");
      assertThat(api.post("/sandbox", "{\"name\":\"new\"}").status()).isEqualTo(200);
    }
  }
}
