package dev.sandlot.testing;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;

/// How tests wait. `TidyTest` allows no other sleep in them: to sleep until something has probably
/// happened is too long on a fast machine, and too short on a slow one.
public final class Waiting {
  /// Generous: a slow machine is no fault, what never comes about is.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration STEP = Duration.ofMillis(10);

  private Waiting() {}

  /// Something that may hold or not.
  @FunctionalInterface
  public interface Condition {
    boolean holds() throws Exception;
  }

  /// Waits until the condition holds.
  ///
  /// @throws AssertionError when it does not within a minute
  public static void eventually(String what, Condition condition) throws Exception {
    found(what, () -> condition.holds() ? Optional.of(true) : Optional.empty());
  }

  /// Waits until there is something.
  ///
  /// @throws AssertionError when there is nothing within a minute
  public static <T> T found(String what, Callable<Optional<T>> look) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<T> seen = look.call();
      if (seen.isPresent()) {
        return seen.get();
      }
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
      }
      Thread.sleep(STEP);
    }
  }

  /// Waits until something has not changed for so long.
  ///
  /// @throws AssertionError when it still changes after a minute
  public static <T> void standsStill(String what, Duration still, Callable<T> look)
      throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    T seen = look.call();
    for (long since = System.nanoTime();
        System.nanoTime() - since < still.toNanos();
        Thread.sleep(STEP)) {
      T now = look.call();
      if (!now.equals(seen)) {
        seen = now;
        since = System.nanoTime();
      }
      if (System.nanoTime() > end) {
        throw new AssertionError(
            what + " still changes after " + PATIENCE.toSeconds() + " s: " + seen);
      }
    }
  }

  /// Watches for so long that something does not come about. It can miss what comes later, and
  /// never fails without reason.
  ///
  /// @throws AssertionError as soon as it does
  public static void never(String what, Duration watched, Condition condition) throws Exception {
    long end = System.nanoTime() + watched.toNanos();
    while (System.nanoTime() < end) {
      if (condition.holds()) {
        throw new AssertionError(what);
      }
      Thread.sleep(STEP);
    }
  }

  /// Lets time pass where the time itself is what the test is about, such as the pace of a slow
  /// client. Not for waiting until something has happened.
  public static void pass(Duration time) throws InterruptedException {
    Thread.sleep(time);
  }
}
