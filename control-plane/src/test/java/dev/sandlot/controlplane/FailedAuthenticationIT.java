package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.http.throttle.FailedAttemptsLimits;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Who keeps sending keys that nobody has is kept out, before they are looked up.
class FailedAuthenticationIT {
  private static final FailedAttemptsLimits LIMITS =
      new FailedAttemptsLimits(
          5, Duration.ofHours(1), 1_000, Duration.ofSeconds(1), 5, 100, Duration.ofHours(1));

  @Test
  void refusesWhoKeepsFailingButNotWhoHoldsAKey() {
    FailedAttempts attempts = new FailedAttempts(LIMITS, Ticker.systemTicker());
    Secret machine = Secret.random();
    try (ApiFixture api =
        new ApiFixture(
            PostgresHarness.database(),
            config ->
                config
                    .withAttempts(attempts)
                    .withKeys(
                        new ControlPlaneConfig.Keys(
                            Optional.empty(),
                            Optional.of(machine),
                            Optional.empty(),
                            Optional.empty())))) {
      assertThat(api.get("/sandbox").status()).isEqualTo(200);
      for (int time = 0; time < 5; time++) {
        assertRefused(wrong(api), 401);
      }

      ApiFixture.Answer refused = wrong(api);

      assertRefused(refused, 429);
      assertThat(refused.text("error")).isEqualTo("Too Many Requests");
      assertThat(refused.headers()).containsKey("retry-after");
      // A user who was let in before, and a machine that never called: both share the address.
      assertThat(api.get("/sandbox").status()).isEqualTo(200);
      assertThat(api.call(machine.text(), "GET", "/sandbox/for-runner", "").status())
          .isEqualTo(200);
      // What needs no key asks for none.
      assertThat(api.call("", "GET", "/health", "").status()).isEqualTo(200);
      assertRefused(api.call("", "GET", "/sandbox", ""), 401);
    }
  }

  private static ApiFixture.Answer wrong(ApiFixture api) {
    return api.call(Secret.random().text(), "GET", "/sandbox", "");
  }
}
