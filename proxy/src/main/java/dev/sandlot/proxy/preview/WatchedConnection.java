package dev.sandlot.proxy.preview;

import dev.sandlot.runtime.PortConnection;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// A connection to a port that ends when nothing has moved on it for too long, in either direction.
final class WatchedConnection implements PortConnection {
  private static final int LOOKS_PER_LIMIT = 4;

  private final PortConnection connection;
  private final long quietMaxNanos;
  private final InputStream in;
  private final OutputStream out;
  private final ScheduledFuture<?> looks;
  private volatile long movedAt = System.nanoTime();
  private volatile boolean expired;
  private volatile Runnable whenExpired = () -> {};

  WatchedConnection(PortConnection connection, Duration quietMax, ScheduledExecutorService timer) {
    this.connection = connection;
    quietMaxNanos = quietMax.toNanos();
    in = new MarkedInput(connection.in());
    out = new MarkedOutput(connection.out());
    long every = Math.max(1, quietMaxNanos / LOOKS_PER_LIMIT);
    looks = timer.scheduleAtFixedRate(this::look, every, every, TimeUnit.NANOSECONDS);
  }

  /// Does this too when it is ended because nothing moved: who waits for the other side is not
  /// woken by the end of this one.
  void whenExpired(Runnable action) {
    whenExpired = action;
  }

  Duration quietMax() {
    return Duration.ofNanos(quietMaxNanos);
  }

  /// Whether it was ended because nothing moved.
  boolean expired() {
    return expired;
  }

  @Override
  public InputStream in() {
    return in;
  }

  @Override
  public OutputStream out() {
    return out;
  }

  @Override
  public void closeOutput() {
    connection.closeOutput();
  }

  @Override
  public void close() {
    looks.cancel(false);
    connection.close();
  }

  private void look() {
    if (System.nanoTime() - movedAt > quietMaxNanos) {
      expired = true;
      looks.cancel(false);
      Thread.ofVirtual()
          .name("quiet-connection")
          .start(() -> {
            connection.close();
            whenExpired.run();
          });
    }
  }

  private final class MarkedInput extends FilterInputStream {
    MarkedInput(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      movedAt = System.nanoTime();
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = in.read(target, offset, length);
      movedAt = System.nanoTime();
      return count;
    }
  }

  private final class MarkedOutput extends FilterOutputStream {
    MarkedOutput(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      movedAt = System.nanoTime();
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      out.write(source, offset, length);
      movedAt = System.nanoTime();
    }
  }
}
