package dev.sandlot.proxy.runner;

import dev.sandlot.http.Exchange;
import java.io.UncheckedIOException;
import java.time.Duration;

/// While a call waits for another machine: ends the connection to it when the caller has left, so
/// that the runner learns of it.
final class ClientWatcher implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  private final Thread thread;

  private ClientWatcher(Thread thread) {
    this.thread = thread;
  }

  static ClientWatcher start(Exchange exchange, RunnerConnection connection) {
    return new ClientWatcher(
        Thread.ofVirtual().name("runner-caller").start(() -> closeWhenGone(exchange, connection)));
  }

  private static void closeWhenGone(Exchange exchange, RunnerConnection connection) {
    try {
      do {
        Thread.sleep(LOOK_EVERY);
      } while (!exchange.clientGone());
      connection.close();
    } catch (InterruptedException | UncheckedIOException _) {
      // The call has ended, maybe while the system was asked.
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
