package dev.sandlot.controlplane;

import dev.sandlot.testing.Waiting;
import java.time.Duration;

/// Waits as {@link Waiting} does, without checked exceptions.
final class Await {
  private Await() {}

  static void until(Waiting.Condition condition) {
    unchecked(() -> Waiting.eventually("what the test waits for", condition));
  }

  /// Watches for so long that something does not come about.
  static void never(String what, Duration watched, Waiting.Condition condition) {
    unchecked(() -> Waiting.never(what, watched, condition));
  }

  /// Lets time pass where the time itself is what the test is about.
  static void pause(Duration moment) {
    unchecked(() -> Waiting.pass(moment));
  }

  private interface Wait {
    void end() throws Exception;
  }

  private static void unchecked(Wait wait) {
    try {
      wait.end();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
