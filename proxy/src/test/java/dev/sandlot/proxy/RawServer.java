package dev.sandlot.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A server that sees and says exactly the bytes it wants.
final class RawServer implements AutoCloseable {
  /// The heads of requests, in the order they came.
  final List<String> heads = new CopyOnWriteArrayList<>();

  private final ServerSocket listener;
  private final Conversation conversation;

  RawServer(Conversation conversation) throws IOException {
    this.conversation = conversation;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  String lastHead() {
    return heads.getLast();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      heads.add(readHead(socket.getInputStream()));
      conversation.hold(heads.getLast(), socket);
    } catch (Exception _) {
      // The other side is gone.
    }
  }

  /// Reads to the empty line, byte by byte so that nothing of the body is taken.
  static String readHead(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int value = in.read();
      if (value < 0) {
        throw new IOException("ended in the head");
      }
      head.write(value);
    }
    return head.toString(ISO_8859_1);
  }

  interface Conversation {
    void hold(String head, Socket socket) throws Exception;
  }
}
