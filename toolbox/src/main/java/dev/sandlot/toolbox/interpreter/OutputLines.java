package dev.sandlot.toolbox.interpreter;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Splits a stream of bytes into text messages: a message ends at a newline, or at its maximum
/// length. Bytes that are not UTF-8 become U+FFFD. Used by one thread.
final class OutputLines {
  /// Takes one message.
  @FunctionalInterface
  interface Receiver {
    void message(String text) throws IOException;
  }

  private static final int SEQUENCE_BYTES_MAX = 4;

  private final int charactersMax;
  private final Receiver receiver;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final StringBuilder line = new StringBuilder();
  private ByteBuffer rest = ByteBuffer.allocate(0);

  OutputLines(int charactersMax, Receiver receiver) {
    this.charactersMax = charactersMax;
    this.receiver = receiver;
  }

  void push(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(rest.remaining() + length);
    in.put(rest).put(bytes, offset, length).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + SEQUENCE_BYTES_MAX);
    decoder.decode(in, out, false);
    rest = ByteBuffer.allocate(in.remaining()).put(in).flip();
    append(out.flip());
  }

  /// Sends the pending text; the bytes of an incomplete character stay pending.
  void flush() throws IOException {
    if (!line.isEmpty()) {
      String text = line.toString();
      line.setLength(0);
      receiver.message(text);
    }
  }

  /// To be called at the end of the stream: sends everything that is pending.
  void end() throws IOException {
    CharBuffer out = CharBuffer.allocate(2 * SEQUENCE_BYTES_MAX);
    decoder.decode(rest, out, true);
    decoder.flush(out);
    decoder.reset();
    rest = ByteBuffer.allocate(0);
    append(out.flip());
    flush();
  }

  private void append(CharBuffer characters) throws IOException {
    while (characters.hasRemaining()) {
      char next = characters.get();
      line.append(next);
      boolean full = line.length() >= charactersMax && !Character.isHighSurrogate(next);
      if (next == '\n' || full) {
        flush();
      }
    }
  }
}
