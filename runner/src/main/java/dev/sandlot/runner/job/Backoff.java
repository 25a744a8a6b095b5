package dev.sandlot.runner.job;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Exponential backoff with jitter, so that many runners do not retry at the same moment. Used by
/// one thread.
final class Backoff {
  private static final Logger LOGGER = LoggerFactory.getLogger(Backoff.class);
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration MAX = Duration.ofSeconds(5);

  private long nextMillis = FIRST.toMillis();

  void reset() {
    nextMillis = FIRST.toMillis();
  }

  void pause(String what, Exception cause) throws InterruptedException {
    LOGGER
        .atWarn()
        .addKeyValue("reason", String.valueOf(cause.getMessage()))
        .addKeyValue("retryMillis", nextMillis)
        .log(what);
    Thread.sleep(nextMillis / 2 + ThreadLocalRandom.current().nextLong(nextMillis / 2 + 1));
    nextMillis = Math.min(nextMillis * 2, MAX.toMillis());
  }
}
