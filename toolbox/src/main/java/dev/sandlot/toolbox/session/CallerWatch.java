package dev.sandlot.toolbox.session;

import dev.sandlot.http.Exchange;
import java.time.Duration;

/// While a call waits for a command: ends the wait when its caller has left. The command goes on.
final class CallerWatch implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

  private final Thread thread;

  private CallerWatch(Thread thread) {
    this.thread = thread;
  }

  /// @param output what the call reads
  static CallerWatch start(Exchange exchange, CommandOutput output) {
    return new CallerWatch(
        Thread.ofVirtual().name("session-caller").start(() -> closeWhenGone(exchange, output)));
  }

  private static void closeWhenGone(Exchange exchange, CommandOutput output) {
    try {
      do {
        Thread.sleep(LOOK_EVERY);
      } while (!exchange.clientGone());
      output.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
