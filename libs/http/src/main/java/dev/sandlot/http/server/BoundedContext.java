package dev.sandlot.http.server;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/// A connection's surroundings, with a reader and a writer of ours.
record BoundedContext(ConnectionContext outer, DataReader dataReader, DataWriter dataWriter)
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
