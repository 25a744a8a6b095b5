package dev.sandlot.http.server;

import dev.sandlot.http.server.RequestSyntax.Malformed;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A connection, held to the limits of {@link ConnectionLimits}. It is served by one thread from
/// its first byte to its last; {@link Connections} closes it from another when its time is over.
final class ServedConnection
    implements ServerConnection, InterruptableTask<Void>, RequestFraming.Progress {
  /// That of the exchange which this thread serves.
  static final ScopedValue<ServedConnection> CURRENT = ScopedValue.newInstance();

  private static final long NEVER = Long.MAX_VALUE;

  private final Connections connections;
  private final ConnectionLimits limits;
  private final ConnectionContext context;
  private final RequestFraming framing;
  private final ServerConnection inner;

  /// When it is closed, unless it goes on before; by {@link System#nanoTime}.
  private volatile long end = NEVER;

  private boolean known;
  private boolean admitted;
  private boolean tunnelled;
  private boolean inHead;

  /// When a head, or a stranger's body, must be there as a whole.
  private long wholeEnd;

  private int headBytes;

  ServedConnection(
      Connections connections, ConnectionContext context, ServerConnectionSelector selector) {
    this.connections = connections;
    limits = connections.limits();
    this.context = context;
    DataReader raw = context.dataReader();
    framing = new RequestFraming(() -> read(raw), this, limits.headBytesMax());
    inner =
        selector.connection(
            new BoundedContext(
                context, DataReader.create(this::next), new TimedWriter(context.dataWriter())));
  }

  /// Somebody may be served: what he sends is no stranger's any more.
  ///
  /// @param byName it is known who he is, and the same connection stays his
  void admit(boolean byName) {
    admitted = true;
    known |= byName;
    connections.noStranger(this);
  }

  /// Whether the present request is of somebody who may be served.
  boolean admitted() {
    return admitted;
  }

  int strangerBodyBytesMax() {
    return limits.strangerBodyBytesMax();
  }

  /// The connection is another protocol's from here, which has limits of its own.
  void tunnel() {
    admit(true);
    tunnelled = true;
    framing.passOn();
  }

  /// Closes the connection, from any thread; whoever reads or writes it gets its end. With TLS the
  /// last words wait for a writer, so it must not be done on a thread that others wait for.
  void cut() {
    if (context.isSecure()) {
      inner.close(true);
    }
    try {
      context.serverSocket().close();
    } catch (UncheckedIOException _) {
      // Somebody else was faster.
    }
  }

  boolean over(long now) {
    long until = end;
    return until != NEVER && now - until > 0;
  }

  @Override
  public void idle() {
    admitted = false;
    if (!known) {
      connections.stranger(this);
    }
    inHead = true;
    wholeEnd = in(limits.idleMax());
  }

  @Override
  public void headBegins() {
    wholeEnd = in(limits.headTimeMax());
  }

  @Override
  public void headHolds(int bytes) {
    int beyond = Math.max(0, bytes - limits.headBytesFree());
    if (!connections.takeHeadBytes(beyond - headBytes)) {
      throw new Malformed(503, "the server reads too many large heads at the moment; try again");
    }
    headBytes = beyond;
  }

  @Override
  public void bodyBegins() {
    inHead = false;
    wholeEnd = in(limits.strangerTimeMax());
  }

  @Override
  public void handle(Limit limit) throws InterruptedException {
    ScopedValue.CallableOp<Void, InterruptedException> serve =
        () -> {
          inner.handle(limit);
          return null;
        };
    try {
      ScopedValue.where(CURRENT, this).call(serve);
    } finally {
      connections.closed(this);
      connections.takeHeadBytes(-headBytes);
    }
  }

  @Override
  public boolean canInterrupt() {
    return inner instanceof InterruptableTask<?> task && task.canInterrupt();
  }

  @Override
  public Duration idleTime() {
    return inner.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    inner.close(interrupt);
  }

  private byte @Nullable [] next() {
    try {
      return framing.next();
    } catch (Malformed e) {
      throw RequestException.builder()
          .type(DirectHandler.EventType.BAD_REQUEST)
          .status(Status.create(e.status()))
          .message(String.valueOf(e.getMessage()))
          .safeMessage(true)
          .setKeepAlive(false)
          .build();
    }
  }

  /// Waits for bytes.
  private byte @Nullable [] read(DataReader raw) {
    if (tunnelled) {
      end = NEVER;
    } else {
      end = admitted && !inHead ? in(limits.bodyQuietMax()) : wholeEnd;
    }
    try {
      raw.ensureAvailable();
      return raw.readBytes(raw.available());
    } catch (DataReader.InsufficientDataAvailableException _) {
      return null;
    } finally {
      end = NEVER;
    }
  }

  private static long in(Duration time) {
    return System.nanoTime() + time.toNanos();
  }

  /// Writes; to a stranger only for so long.
  private final class TimedWriter implements DataWriter {
    private final DataWriter writer;

    TimedWriter(DataWriter writer) {
      this.writer = writer;
    }

    @Override
    public void write(BufferData... buffers) {
      timed(() -> writer.write(buffers));
    }

    @Override
    public void write(BufferData buffer) {
      timed(() -> writer.write(buffer));
    }

    @Override
    public void writeNow(BufferData... buffers) {
      timed(() -> writer.writeNow(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
      timed(() -> writer.writeNow(buffer));
    }

    @Override
    public void flush() {
      timed(writer::flush);
    }

    @Override
    public void close() {
      writer.close();
    }

    private void timed(Runnable write) {
      if (admitted) {
        write.run();
      } else {
        end = in(limits.strangerTimeMax());
        try {
          write.run();
        } finally {
          end = NEVER;
        }
      }
    }
  }
}
