package dev.sandlot.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;

/// Connections that hold little of what has come and is not yet read.
///
/// Helidon gathers a whole chunk of a body before it hands out its first byte, and a line until its
/// end; a client says how long they are. Beyond the limit the connection is closed.
record BoundedConnections(ServerConnectionSelector inner) implements ServerConnectionSelector {
  /// Of one chunk or line. Clients send chunks of some kilobytes.
  static final int UNREAD_BYTES_MAX = 16 << 20;

  @Override
  public int bytesToIdentifyConnection() {
    return inner.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return inner.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return inner.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    return inner.connection(new Context(context, new Reader(context.dataReader()).bounded));
  }

  private static final class Reader {
    final DataReader bounded = new DataReader(this::pull);
    private final DataReader unbounded;

    Reader(DataReader unbounded) {
      this.unbounded = unbounded;
    }

    private byte[] pull() {
      if (bounded.available() > UNREAD_BYTES_MAX) {
        throw new CloseConnectionException("a chunk or a line is too long");
      }
      unbounded.ensureAvailable();
      return unbounded.readBytes(unbounded.available());
    }
  }

  private record Context(ConnectionContext outer, DataReader dataReader)
      implements ConnectionContext {
    @Override
    public ListenerContext listenerContext() {
      return outer.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return outer.executor();
    }

    @Override
    public DataWriter dataWriter() {
      return outer.dataWriter();
    }

    @Override
    public Router router() {
      return outer.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return outer.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return outer.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return outer.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return outer.localPeer();
    }

    @Override
    public boolean isSecure() {
      return outer.isSecure();
    }

    @Override
    public String socketId() {
      return outer.socketId();
    }

    @Override
    public String childSocketId() {
      return outer.childSocketId();
    }
  }
}
