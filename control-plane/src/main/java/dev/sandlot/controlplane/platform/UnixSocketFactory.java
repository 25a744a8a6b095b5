package dev.sandlot.controlplane.platform;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/// Lets the PostgreSQL driver, which knows TCP only, speak over a Unix socket, so that the server
/// can tell by the peer's user who connects. The driver makes it by name, with the socket's path.
public final class UnixSocketFactory extends SocketFactory {
  private final Path path;

  /// @param path the server's socket
  public UnixSocketFactory(String path) {
    this.path = Path.of(path);
  }

  @Override
  public Socket createSocket() {
    return new UnixSocket(path);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connected();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connected();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected();
  }

  private Socket connected() throws IOException {
    UnixSocket socket = new UnixSocket(path);
    socket.open();
    return socket;
  }

  /// As much of a socket as the driver uses; read and written by one thread at a time.
  private static final class UnixSocket extends Socket {
    private final Path path;
    private volatile @Nullable SocketChannel channel;
    private volatile int readTimeoutMillis;

    /// What a read with a time limit waits at.
    private volatile @Nullable Selector waiting;

    UnixSocket(Path path) {
      this.path = path;
    }

    void open() throws IOException {
      SocketChannel opened = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        opened.connect(UnixDomainSocketAddress.of(path));
      } catch (IOException e) {
        opened.close();
        throw new IOException("nothing answers at the socket " + path + ": " + e.getMessage(), e);
      }
      channel = opened;
    }

    private SocketChannel channel() throws IOException {
      SocketChannel current = channel;
      if (current == null) {
        throw new IOException("the socket " + path + " is not connected");
      }
      return current;
    }

    /// The address is the driver's idea of host and port; where to is known already.
    @Override
    public void connect(SocketAddress ignored, int timeoutMillis) throws IOException {
      open();
    }

    @Override
    public InputStream getInputStream() {
      return new Input();
    }

    @Override
    public OutputStream getOutputStream() {
      return new Output();
    }

    @Override
    public void setSoTimeout(int millis) {
      readTimeoutMillis = millis;
    }

    @Override
    public int getSoTimeout() {
      return readTimeoutMillis;
    }

    @Override
    public boolean isConnected() {
      return channel != null;
    }

    @Override
    public boolean isClosed() {
      SocketChannel current = channel;
      return current != null && !current.isOpen();
    }

    @Override
    public synchronized void close() throws IOException {
      SocketChannel current = channel;
      if (current != null) {
        current.close();
      }
      // A selector does not notice by itself that a channel of its was closed.
      Selector selector = waiting;
      if (selector != null) {
        selector.wakeup();
      }
    }

    // TCP's options mean nothing here.
    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void setKeepAlive(boolean on) {}

    @Override
    public void setSendBufferSize(int size) {}

    @Override
    public void setReceiveBufferSize(int size) {}

    private final class Input extends InputStream {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        int millis = readTimeoutMillis;
        return millis == 0 ? channel().read(buffer) : readWithin(millis, buffer);
      }

      /// A channel in blocking mode knows no time limit, so waiting for the first byte is left to a
      /// selector.
      private int readWithin(int millis, ByteBuffer buffer) throws IOException {
        SocketChannel source = channel();
        source.configureBlocking(false);
        try {
          int count = source.read(buffer);
          if (count != 0) {
            return count;
          }
          try (Selector selector = Selector.open()) {
            waiting = selector;
            source.register(selector, SelectionKey.OP_READ);
            boolean come = selector.select(millis) > 0;
            if (!source.isOpen()) {
              throw new SocketException("the connection to the database was closed");
            }
            if (!come) {
              throw new SocketTimeoutException(
                  "the database did not answer within " + millis + " ms");
            }
          }
          return source.read(buffer);
        } finally {
          waiting = null;
          if (source.isOpen()) {
            source.configureBlocking(true);
          }
        }
      }
    }

    private final class Output extends OutputStream {
      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        while (buffer.hasRemaining()) {
          channel().write(buffer);
        }
      }
    }
  }
}
