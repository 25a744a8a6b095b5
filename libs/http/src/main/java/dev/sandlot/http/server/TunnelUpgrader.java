package dev.sandlot.http.server;

import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.Upgrades;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.http.Header;
import io.helidon.http.HttpPrologue;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http1.spi.Http1Upgrader;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Hands upgraded connections to tunnels, bytes untouched. Where no tunnel wants one, Helidon goes
/// on to the routes with the same request.
final class TunnelUpgrader implements Http1Upgrader {
  private final String protocol;
  private final Upgrades upgrades;

  /// @param protocol as `Upgrade` names it
  TunnelUpgrader(String protocol, Upgrades upgrades) {
    this.protocol = protocol;
    this.upgrades = upgrades;
  }

  @Override
  public String supportedProtocol() {
    return protocol;
  }

  @Override
  @SuppressWarnings("NullAway") // Helidon's way to say: not upgraded
  public @Nullable ServerConnection upgrade(
      ConnectionContext context, HttpPrologue prologue, WritableHeaders<?> headers) {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    for (Header header : headers) {
      header.allValues().forEach(value -> all.add(Map.entry(header.name(), value)));
    }
    String query = prologue.hasQuery() ? "?" + prologue.query().rawValue() : "";
    UpgradeRequest request =
        new UpgradeRequest(
            prologue.method().text(),
            prologue.uriPath().rawPath() + query,
            all,
            context.remotePeer().host(),
            context.isSecure());
    Optional<Tunnel> tunnel = upgrades.open(request);
    return tunnel.map(taken -> new TunnelConnection(context, taken)).orElse(null);
  }

  /// Closes a connection, also one that is closed.
  private static void end(ConnectionContext context) {
    try {
      context.serverSocket().close();
    } catch (UncheckedIOException _) {
      // Somebody else was faster.
    }
  }

  /// A connection that a tunnel has taken over.
  private record TunnelConnection(ConnectionContext context, Tunnel tunnel)
      implements ServerConnection {

    @Override
    public void handle(Limit limit) {
      ServedConnection.CURRENT.get().tunnel();
      try {
        tunnel.run(new ReaderStream(context.dataReader()), new WriterStream(context));
      } catch (IOException | UncheckedIOException _) {
        // Either side is gone, which is how tunnels end.
      }
    }

    @Override
    public Duration idleTime() {
      return Duration.ZERO;
    }

    @Override
    public void close(boolean interrupt) {
      end(context);
    }
  }

  /// Reads what a connection delivers.
  private static final class ReaderStream extends InputStream {
    private final DataReader reader;

    ReaderStream(DataReader reader) {
      this.reader = reader;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      try {
        reader.ensureAvailable();
      } catch (DataReader.InsufficientDataAvailableException _) {
        return -1;
      } catch (ServerConnectionException e) {
        throw new IOException("the connection is gone", e);
      }
      BufferData data = reader.readBuffer(Math.min(length, reader.available()));
      return data.read(target, offset, length);
    }
  }

  /// Writes to a connection, each write at once.
  private static final class WriterStream extends OutputStream {
    private final ConnectionContext context;
    private final DataWriter writer;

    WriterStream(ConnectionContext context) {
      this.context = context;
      this.writer = context.dataWriter();
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      try {
        writer.writeNow(BufferData.create(source, offset, length));
      } catch (ServerConnectionException e) {
        throw new IOException("the connection is gone", e);
      }
    }

    @Override
    public void close() {
      end(context);
    }
  }
}
