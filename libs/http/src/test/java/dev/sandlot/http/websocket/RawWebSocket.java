package dev.sandlot.http.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;

/// The client's side of a WebSocket, byte by byte: it may break every rule.
final class RawWebSocket implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  static final int LAST = 0x80;

  private static final int SHORT_MAX = 125;
  private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

  private final Socket socket;
  private final DataInputStream in;
  private final String head;

  /// Asks for an upgrade, and reads the head of the answer.
  RawWebSocket(int port, String target, String... headers) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(60_000);
    in = new DataInputStream(socket.getInputStream());
    StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: x\r\n");
    request.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    request.append("Sec-WebSocket-Version: 13\r\n");
    request.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    raw(request.append("\r\n").toString().getBytes(ISO_8859_1));
    StringBuilder answer = new StringBuilder();
    while (!answer.toString().endsWith("\r\n\r\n")) {
      answer.append((char) in.readUnsignedByte());
    }
    head = answer.toString();
  }

  String head() {
    return head;
  }

  void raw(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /// Sends bytes in pieces, so that they come one by one as far as we can say.
  void chopped(byte[] bytes, int size) throws IOException {
    for (int from = 0; from < bytes.length; from += size) {
      raw(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + size)));
    }
  }

  /// Sends a frame.
  ///
  /// @param first opcode and flags
  void send(int first, byte[] payload) throws IOException {
    raw(frame(first, payload));
  }

  void send(int first, String payload) throws IOException {
    send(first, payload.getBytes(UTF_8));
  }

  /// A masked frame.
  static byte[] frame(int first, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.writeBytes(head(first, payload.length));
    for (int index = 0; index < payload.length; index++) {
      frame.write(payload[index] ^ MASK[index % MASK.length]);
    }
    return frame.toByteArray();
  }

  /// What announces so many bytes, mask included.
  static byte[] head(int first, long length) {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    head.write(first);
    int octets = length < 0 || length > 0xffff ? 8 : length > SHORT_MAX ? 2 : 0;
    head.write(0x80 | (octets == 0 ? (int) length : octets == 2 ? 126 : 127));
    for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) {
      head.write((int) (length >>> shift));
    }
    head.writeBytes(MASK);
    return head.toByteArray();
  }

  /// Payload bytes as they are sent at the begin of a frame.
  static byte[] masked(byte[] payload) {
    byte[] masked = payload.clone();
    for (int index = 0; index < masked.length; index++) {
      masked[index] ^= MASK[index % MASK.length];
    }
    return masked;
  }

  /// The next frame of the server.
  Frame receive() throws IOException {
    int first = in.readUnsignedByte();
    int length = in.readUnsignedByte();
    long size = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
    byte[] payload = new byte[Math.toIntExact(size)];
    in.readFully(payload);
    return new Frame(first, payload);
  }

  /// The code of the close that must come next; 1005 where it says none.
  int receiveClose() throws IOException {
    Frame frame = receive();
    if (frame.first != (LAST | CLOSE)) {
      throw new AssertionError("not a close: " + frame);
    }
    byte[] payload = frame.payload;
    return payload.length == 0 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
  }

  /// Whether nothing follows.
  boolean atEnd() throws IOException {
    return in.read() < 0;
  }

  /// Ends the sending half.
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /// A frame of the server.
  record Frame(int first, byte[] payload) {
    Frame(int first, String payload) {
      this(first, payload.getBytes(UTF_8));
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Frame frame
          && frame.first == first
          && Arrays.equals(frame.payload, payload);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(payload) + first;
    }

    @Override
    public String toString() {
      return Integer.toHexString(first) + " " + new String(payload, UTF_8);
    }
  }
}
