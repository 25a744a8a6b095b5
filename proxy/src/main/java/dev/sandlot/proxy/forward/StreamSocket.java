package dev.sandlot.proxy.forward;

import dev.sandlot.runtime.PortConnection;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/// A connection to a port of a sandbox in the guise of a socket, which is what the HTTP library
/// takes. It never opens a socket.
final class StreamSocket extends Socket {
  private final PortConnection connection;

  StreamSocket(PortConnection connection) {
    this.connection = connection;
  }

  @Override
  public InputStream getInputStream() {
    return connection.in();
  }

  @Override
  public OutputStream getOutputStream() {
    return connection.out();
  }

  @Override
  public void shutdownOutput() {
    connection.closeOutput();
  }

  @Override
  public void shutdownInput() {
    // A connection into a sandbox can only be ended as a whole.
  }

  /// Time limits are the watch's.
  @Override
  public void setSoTimeout(int milliseconds) {}

  @Override
  public int getSoTimeout() {
    return 0;
  }

  @Override
  public void setSoLinger(boolean on, int seconds) {}

  @Override
  public void close() {
    connection.close();
  }
}
