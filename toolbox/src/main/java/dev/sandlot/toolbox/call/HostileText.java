package dev.sandlot.toolbox.call;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Parses large texts from sandboxes on two platform threads of their own, for a bounded time: a
/// virtual thread that only computes would block its carrier thread for all others. Thread-safe.
public final class HostileText {
  /// Shorter texts are read on the caller's thread.
  private static final int SMALL_BYTES = 16 << 10;

  private static final int THREADS = 2;
  private static final int WAITING_MAX = 256;
  private static final Duration IDLE_MAX = Duration.ofSeconds(30);
  private static final Duration READ_MAX = Duration.ofSeconds(20);

  private static final ExecutorService READERS = readers();

  private HostileText() {}

  private static ExecutorService readers() {
    ThreadPoolExecutor readers =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_MAX.toSeconds(),
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            Thread.ofPlatform().daemon().name("hostile-text-", 0).factory());
    readers.allowCoreThreadTimeOut(true);
    return readers;
  }

  /// Runs a reader of a text and returns its result.
  ///
  /// @param size of the text, in bytes
  /// @throws OperationFailure SERVICE_UNAVAILABLE when it takes too long, or too many are waiting
  public static <T> T read(long size, Callable<T> reader) {
    return size < SMALL_BYTES ? result(reader) : result(() -> onReaderThread(reader));
  }

  private static <T> T onReaderThread(Callable<T> reader) throws Exception {
    Future<T> future;
    try {
      future = READERS.submit(reader);
    } catch (RejectedExecutionException _) {
      throw busy();
    }
    try {
      return future.get(READ_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception failure ? failure : e;
    } catch (TimeoutException _) {
      throw busy();
    } finally {
      future.cancel(true);
    }
  }

  private static <T> T result(Callable<T> reader) {
    try {
      return reader.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw busy();
    } catch (Exception e) {
      throw new IllegalStateException("a text could not be read", e);
    }
  }

  private static OperationFailure busy() {
    return new OperationFailure(
        ErrorCode.SERVICE_UNAVAILABLE,
        "service unavailable: what the sandbox wrote could not be read in time; try again, and look"
            + " at a part of it by process/execute if that goes on");
  }
}
