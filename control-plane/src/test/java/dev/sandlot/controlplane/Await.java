package dev.sandlot.controlplane;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/// Waits for what comes about by itself.
final class Await {
  private static final Duration LONGEST = Duration.ofSeconds(15);

  private Await() {}

  static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + LONGEST.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("did not come about within " + LONGEST);
      }
      pause(Duration.ofMillis(10));
    }
  }

  /// Lets a moment pass, for what should not come about.
  static void pause(Duration moment) {
    try {
      Thread.sleep(moment);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
