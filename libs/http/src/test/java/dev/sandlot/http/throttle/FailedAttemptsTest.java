package dev.sandlot.http.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.http.HttpFailure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How often somebody may fail to authenticate, and who is kept out by it.
class FailedAttemptsTest {
  private static final FailedAttemptsLimits LIMITS =
      new FailedAttemptsLimits(
          5, Duration.ofSeconds(1), 20, Duration.ofSeconds(1), 2, 100, Duration.ofHours(1));

  private final AtomicLong now = new AtomicLong();
  private final FailedAttempts attempts = new FailedAttempts(LIMITS, now::get);
  private final AtomicInteger checks = new AtomicInteger();

  private int tried(String source, String credential, Supplier<String> check) {
    try {
      return attempts
              .checked(
                  source,
                  List.of(credential),
                  () -> {
                    checks.incrementAndGet();
                    return check.get();
                  })
              .isEmpty()
          ? 0
          : 200;
    } catch (HttpFailure failure) {
      return failure.status();
    }
  }

  private int wrong(String source) {
    return tried(source, "wrong " + checks.get(), FailedAttemptsTest::refuse);
  }

  private int right(String source, String credential) {
    return tried(source, credential, () -> "yes");
  }

  private static String refuse() {
    throw HttpFailure.unauthorized("no");
  }

  private void fail(String source, int times) {
    for (int time = 0; time < times; time++) {
      assertThat(wrong(source)).isEqualTo(401);
    }
  }

  @Test
  void whoFailsTooOftenIsRefusedBeforeAnythingIsLookedUp() {
    fail("203.0.113.1", 5);
    int before = checks.get();

    assertThat(wrong("203.0.113.1")).isEqualTo(429);

    assertThat(checks).hasValue(before);
    assertThatThrownBy(
            () -> attempts.checked("203.0.113.1", List.of("w"), FailedAttemptsTest::refuse))
        .isInstanceOfSatisfying(
            HttpFailure.class,
            failure -> assertThat(failure.headers()).containsEntry("Retry-After", "1"));
  }

  @Test
  void otherSourcesAreNotKeptOut() {
    fail("203.0.113.1", 5);

    assertThat(right("203.0.113.2", "good")).isEqualTo(200);
  }

  @Test
  void aSourceIsLetInAgainAfterAWhile() {
    fail("203.0.113.1", 5);
    assertThat(wrong("203.0.113.1")).isEqualTo(429);

    now.addAndGet(Duration.ofSeconds(1).toNanos());

    assertThat(right("203.0.113.1", "good")).isEqualTo(200);
  }

  /// Several callers often share an address: behind a proxy, or a company's router.
  @Test
  void whoWasLetInLatelyIsNotKeptOutByOthersBehindTheSameAddress() {
    assertThat(right("203.0.113.1", "good")).isEqualTo(200);
    attempts.know("own");
    fail("203.0.113.1", 5);

    assertThat(wrong("203.0.113.1")).isEqualTo(429);
    assertThat(right("203.0.113.1", "good")).isEqualTo(200);
    assertThat(right("203.0.113.1", "own")).isEqualTo(200);
  }

  @Test
  void aCredentialThatWasRevokedCountsFromThenOn() {
    assertThat(right("203.0.113.1", "good")).isEqualTo(200);
    fail("203.0.113.1", 5);

    assertThat(tried("203.0.113.1", "good", FailedAttemptsTest::refuse)).isEqualTo(401);
    assertThat(tried("203.0.113.1", "good", FailedAttemptsTest::refuse)).isEqualTo(429);
  }

  @Test
  void whatSucceedsCostsNothing() {
    for (int time = 0; time < 50; time++) {
      assertThat(right("203.0.113.1", "good " + time)).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 503})
  void whatIsNoFailureToAuthenticateDoesNotCount(int status) {
    for (int time = 0; time < 50; time++) {
      assertThat(
              tried(
                  "203.0.113.1",
                  "any " + time,
                  () -> {
                    throw new HttpFailure(status, "", "not now");
                  }))
          .isEqualTo(status);
    }
  }

  @Test
  void whoOffersNothingIsNotCounted() {
    fail("203.0.113.1", 5);

    assertThatThrownBy(() -> attempts.checked("203.0.113.1", List.of(), FailedAttemptsTest::refuse))
        .isInstanceOfSatisfying(
            HttpFailure.class, failure -> assertThat(failure.status()).isEqualTo(401));
  }

  @Test
  void manyAtOnceAreNoMoreThanManyInTurn() throws Exception {
    CountDownLatch asked = new CountDownLatch(20);
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger refused = new AtomicInteger();
    for (int one = 0; one < 20; one++) {
      String credential = "wrong " + one;
      Thread.ofVirtual()
          .start(() -> {
            int status =
                tried(
                    "203.0.113.1",
                    credential,
                    () -> {
                      asked.countDown();
                      await(gate);
                      return refuse();
                    });
            if (status == 429) {
              refused.incrementAndGet();
              asked.countDown();
            }
          });
    }
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
    gate.countDown();

    assertThat(checks).hasValue(5);
    assertThat(refused).hasValue(15);
  }

  private static void await(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFloodFromManySourcesLeavesEachFewerAttemptsButKeepsNobodyOut() {
    for (int source = 0; source < 4; source++) {
      fail("203.0.113." + source, 5);
    }

    fail("198.51.100.1", 2);
    assertThat(wrong("198.51.100.1")).isEqualTo(429);
    assertThat(right("198.51.100.2", "good")).isEqualTo(200);
  }

  @Test
  void whoIsKeptOutMakesNoFlood() {
    fail("203.0.113.1", 5);
    for (int time = 0; time < 100; time++) {
      assertThat(wrong("203.0.113.1")).isEqualTo(429);
    }

    fail("203.0.113.2", 5);
  }

  @Test
  void anIpv6NetworkIsOneSource() {
    for (int host = 1; host <= 5; host++) {
      assertThat(wrong("2001:db8:1:2::" + host)).isEqualTo(401);
    }

    assertThat(wrong("2001:db8:1:2:ffff::1")).isEqualTo(429);
    assertThat(wrong("2001:db8:1:3::1")).isEqualTo(401);
  }
}
