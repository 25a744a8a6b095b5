package dev.sandlot.toolbox.session;

import dev.sandlot.http.Exchange;
import java.time.Duration;

/// Ends a call's wait for a command when its client has disconnected. The command goes on.
final class ClientWatcher implements AutoCloseable {
  private static final Duration POLL_INTERVAL = Duration.ofSeconds(5);

  private final Thread thread;

  private ClientWatcher(Thread thread) {
    this.thread = thread;
  }

  /// @param output that the call reads; closed when the client has disconnected
  static ClientWatcher start(Exchange exchange, CommandOutput output) {
    return new ClientWatcher(
        Thread.ofVirtual().name("session-caller").start(() -> closeWhenGone(exchange, output)));
  }

  private static void closeWhenGone(Exchange exchange, CommandOutput output) {
    try {
      do {
        Thread.sleep(POLL_INTERVAL);
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
