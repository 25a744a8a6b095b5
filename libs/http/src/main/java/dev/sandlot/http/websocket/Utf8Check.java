package dev.sandlot.http.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.websocket.WebSocketFrames.Violation;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;

/// Whether bytes that come in pieces are UTF-8. Says no at the first piece that makes them none,
/// also in the middle of a character. Used by one thread.
final class Utf8Check {
  private static final int CHARACTER_BYTES_MAX = 4;

  private final CharsetDecoder decoder = UTF_8.newDecoder();

  /// What is decoded is of no interest.
  private final CharBuffer decoded = CharBuffer.allocate(1024);

  /// The begin of a character, ready to be written to.
  private final ByteBuffer begun = ByteBuffer.allocate(CHARACTER_BYTES_MAX);

  /// @throws Violation when it is not UTF-8
  void add(byte[] bytes, int offset, int length) throws Violation {
    ByteBuffer piece = ByteBuffer.wrap(bytes, offset, length);
    while (begun.position() > 0 && piece.hasRemaining()) {
      begun.put(piece.get()).flip();
      check(begun);
      begun.compact();
    }
    check(piece);
    begun.put(piece);
  }

  /// Nothing follows.
  ///
  /// @throws Violation when it ends in the middle of a character
  void end() throws Violation {
    if (begun.position() > 0) {
      throw invalid();
    }
  }

  private void check(ByteBuffer bytes) throws Violation {
    CoderResult result;
    do {
      decoded.clear();
      result = decoder.decode(bytes, decoded, false);
      if (result.isError()) {
        throw invalid();
      }
    } while (result.isOverflow());
  }

  private static Violation invalid() {
    return new Violation(WebSocket.INVALID_TEXT, "text must be UTF-8");
  }
}
