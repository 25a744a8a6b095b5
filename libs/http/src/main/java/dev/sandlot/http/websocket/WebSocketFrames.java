package dev.sandlot.http.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/// Frames as they are on the wire (RFC 6455 §5), read as a server reads them: masked, without
/// extensions.
final class WebSocketFrames {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private static final int FINAL = 0x80;
  private static final int RESERVED = 0x70;
  private static final int OPCODE = 0x0f;
  private static final int MASKED = 0x80;
  private static final int LENGTH = 0x7f;
  private static final int SHORT_FOLLOWS = 126;
  private static final int LONG_FOLLOWS = 127;
  private static final int CONTROL_BYTES_MAX = 125;
  private static final int MASK_BYTES = 4;
  private static final int PIECE_BYTES = 16 * 1024;

  private WebSocketFrames() {}

  /// What a frame says of itself before its payload.
  ///
  /// @param last of its message
  /// @param length of the payload in bytes; beyond 2⁶³ negative
  record Head(int opcode, boolean last, long length) {
    boolean control() {
      return opcode >= CLOSE;
    }
  }

  /// The other side has broken the protocol, or a limit.
  static final class Violation extends IOException {
    private static final long serialVersionUID = 1;
    private final int code;

    Violation(int code, String message) {
      super(message);
      this.code = code;
    }

    /// With which the connection is to be closed.
    int code() {
      return code;
    }
  }

  /// @throws EOFException when the connection has ended
  /// @throws Violation for a frame that must not be
  static Head head(InputStream in) throws IOException {
    int first = octet(in);
    int second = octet(in);
    int opcode = first & OPCODE;
    boolean last = (first & FINAL) != 0;
    if ((first & RESERVED) != 0) {
      throw new Violation(WebSocket.PROTOCOL_ERROR, "no extension was agreed on");
    }
    if (opcode > BINARY && opcode < CLOSE || opcode > PONG) {
      throw new Violation(WebSocket.PROTOCOL_ERROR, "there is no frame of kind " + opcode);
    }
    if ((second & MASKED) == 0) {
      throw new Violation(WebSocket.PROTOCOL_ERROR, "a client must mask its frames");
    }
    int length = second & LENGTH;
    if (opcode >= CLOSE && (!last || length > CONTROL_BYTES_MAX)) {
      throw new Violation(WebSocket.PROTOCOL_ERROR, "a control frame is whole and short");
    }
    return new Head(opcode, last, length(in, length));
  }

  /// The payload of a frame whose length has been checked, unmasked. What is held grows with what
  /// has come, not with what was announced.
  ///
  /// @param text given each piece as it comes; empty where it is no text
  static byte[] payload(InputStream in, Head head, Optional<Utf8Check> text) throws IOException {
    byte[] mask = exactly(in, MASK_BYTES);
    int length = (int) head.length();
    byte[] payload = new byte[Math.min(length, PIECE_BYTES)];
    for (int have = 0; have < length; ) {
      if (have == payload.length) {
        payload = Arrays.copyOf(payload, Math.min(length, 2 * have));
      }
      int read = in.read(payload, have, payload.length - have);
      if (read < 0) {
        throw new EOFException("the connection has ended in the middle of a frame");
      }
      for (int index = have; index < have + read; index++) {
        payload[index] ^= mask[index % MASK_BYTES];
      }
      if (text.isPresent()) {
        text.get().add(payload, have, read);
      }
      have += read;
    }
    return payload;
  }

  /// A whole message in one frame, ready to be sent.
  static byte[] frame(int opcode, byte[] payload, int offset, int length) {
    int head = length < SHORT_FOLLOWS ? 2 : length <= 0xffff ? 4 : 10;
    byte[] frame = new byte[head + length];
    frame[0] = (byte) (FINAL | opcode);
    if (head == 2) {
      frame[1] = (byte) length;
    } else {
      frame[1] = (byte) (head == 4 ? SHORT_FOLLOWS : LONG_FOLLOWS);
      for (int index = head - 1, rest = length; index > 1; index--, rest >>>= 8) {
        frame[index] = (byte) rest;
      }
    }
    System.arraycopy(payload, offset, frame, head, length);
    return frame;
  }

  /// The code of the other side's close; normal when it gives none.
  static int closeCode(byte[] payload) throws Violation {
    if (payload.length == 0) {
      return WebSocket.NORMAL;
    }
    int code = payload.length == 1 ? 0 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
    boolean defined = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
    if (!defined && (code < 3000 || code > 4999)) {
      throw new Violation(WebSocket.PROTOCOL_ERROR, "a close has a code, as RFC 6455 lists them");
    }
    Utf8Check reason = new Utf8Check();
    reason.add(payload, 2, payload.length - 2);
    reason.end();
    return code;
  }

  /// The payload of a close, its reason cut where a character ends.
  static byte[] close(int code, String reason) {
    if (code == WebSocket.NO_CODE) {
      return new byte[0];
    }
    byte[] text = reason.getBytes(UTF_8);
    int length = Math.min(text.length, WebSocket.REASON_BYTES_MAX);
    while (length < text.length && length > 0 && (text[length] & 0xc0) == 0x80) {
      length--;
    }
    byte[] payload = new byte[2 + length];
    payload[0] = (byte) (code >> 8);
    payload[1] = (byte) code;
    System.arraycopy(text, 0, payload, 2, length);
    return payload;
  }

  private static long length(InputStream in, int given) throws IOException {
    int octets = given == SHORT_FOLLOWS ? 2 : given == LONG_FOLLOWS ? 8 : 0;
    if (octets == 0) {
      return given;
    }
    long length = 0;
    for (int index = 0; index < octets; index++) {
      length = length << 8 | octet(in);
    }
    return length;
  }

  private static int octet(InputStream in) throws IOException {
    int value = in.read();
    if (value < 0) {
      throw new EOFException("the connection has ended");
    }
    return value;
  }

  private static byte[] exactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the connection has ended in the middle of a frame");
    }
    return bytes;
  }
}
