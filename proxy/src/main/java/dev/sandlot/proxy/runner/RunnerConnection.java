package dev.sandlot.proxy.runner;

import dev.sandlot.runtime.PortConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;

/// A connection to a runner on another machine.
///
/// @param wire what carries it
/// @param socket the same, or TLS on it
record RunnerConnection(Socket wire, Socket socket) implements PortConnection {
  @Override
  public InputStream in() {
    try {
      return socket.getInputStream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public OutputStream out() {
    try {
      return socket.getOutputStream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void closeOutput() {
    try {
      socket.shutdownOutput();
    } catch (IOException _) {
      close();
    }
  }

  /// Breaks off: the runner must tell this from the end of one side, after which answers may still
  /// come.
  void reset() {
    try {
      wire.setSoLinger(true, 0);
      wire.close();
    } catch (IOException _) {
      // It has ended.
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException _) {
      // It has ended.
    }
  }
}
