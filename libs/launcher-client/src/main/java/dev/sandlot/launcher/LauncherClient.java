package dev.sandlot.launcher;

import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.RuntimeFailure.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// A client of the launcher. Has a pool of connections with one call at a time on each.
/// Thread-safe.
///
/// All operations are idempotent, so a call whose connection broke, as when the launcher was
/// restarted, is retried until it succeeds or {@link #RETRY_TIME_MAX} is over.
final class LauncherClient implements AutoCloseable {
  /// Below the launcher's own limit of 64.
  private static final int CONNECTIONS_MAX = 24;

  private static final Duration RETRY_TIME_MAX = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final LauncherWire WIRE = new LauncherWire();

  private final Path socket;
  private final Semaphore slots = new Semaphore(CONNECTIONS_MAX, true);
  private final ConcurrentLinkedDeque<LauncherConnection> idle = new ConcurrentLinkedDeque<>();
  private volatile boolean closed;

  LauncherClient(Path socket) {
    this.socket = socket;
  }

  /// Calls an operation.
  ///
  /// @throws RuntimeFailure of the launcher, or UNAVAILABLE
  <A> A call(Operation<A> operation) {
    Operation.Kind<A> kind = operation.kind();
    byte[] line = WIRE.request(operation);
    try {
      slots.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeFailure(Kind.UNAVAILABLE, "the runner is stopping", e);
    }
    try {
      return WIRE.answer(exchange(line, kind.limit()), kind.answer());
    } finally {
      slots.release();
    }
  }

  private byte[] exchange(byte[] line, Duration timeout) {
    long deadline = System.nanoTime() + RETRY_TIME_MAX.toNanos();
    while (true) {
      LauncherConnection connection = idle.pollFirst();
      try {
        if (connection == null) {
          connection = LauncherConnection.open(socket);
        }
        byte[] answer = connection.exchange(line, timeout);
        keep(connection);
        return answer;
      } catch (IOException e) {
        discard(connection);
        boolean over = connection != null && connection.timedOut();
        if (over || closed || System.nanoTime() > deadline) {
          throw new RuntimeFailure(
              Kind.UNAVAILABLE,
              over
                  ? "the launcher has not answered within " + timeout.toSeconds() + " s"
                  : "the launcher cannot be reached; is sandlot-launcher running?",
              e);
        }
        pause();
      }
    }
  }

  private void keep(LauncherConnection connection) {
    idle.addFirst(connection);
    if (closed) {
      close();
    }
  }

  private static void discard(@Nullable LauncherConnection connection) {
    if (connection != null) {
      connection.close();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeFailure(Kind.UNAVAILABLE, "the runner is stopping", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (LauncherConnection connection = idle.pollFirst();
        connection != null;
        connection = idle.pollFirst()) {
      connection.close();
    }
  }
}
