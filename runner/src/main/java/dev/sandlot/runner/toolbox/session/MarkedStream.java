package dev.sandlot.runner.toolbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.OptionalInt;

/// Finds one command's output in a stream of the shell's, between its two marks (see {@link
/// ShellScript}).
final class MarkedStream {
  private static final int STATUS_DIGITS_MAX = 3;

  private final byte[] begin;
  private final byte[] end;
  private byte[] held = new byte[0];
  private State state = State.BEFORE;
  private int status;

  private enum State {
    BEFORE,
    WITHIN,
    BEHIND
  }

  MarkedStream(String id) {
    begin = (ShellScript.EDGE + id + "(" + ShellScript.EDGE).getBytes(US_ASCII);
    end = (ShellScript.EDGE + id + ")").getBytes(US_ASCII);
  }

  /// Whether the command's output is over.
  boolean over() {
    return state == State.BEHIND;
  }

  /// The status that its end tells.
  OptionalInt status() {
    return over() ? OptionalInt.of(status) : OptionalInt.empty();
  }

  /// Bytes are missing: dropped to stay below the log's limit, with the mark maybe.
  void skip() {
    held = new byte[0];
    if (state == State.BEFORE) {
      state = State.WITHIN;
    }
  }

  /// Takes the next bytes.
  ///
  /// @return what of them is surely the command's; what may be the beginning of a mark waits
  byte[] take(ByteBuffer data) {
    byte[] bytes = Arrays.copyOf(held, held.length + data.remaining());
    data.get(bytes, held.length, data.remaining());
    int from = 0;
    if (state == State.BEFORE) {
      int mark = find(bytes, begin, 0);
      if (mark < 0) {
        held = tail(bytes, 0, begin);
        return new byte[0];
      }
      state = State.WITHIN;
      from = mark + begin.length;
    }
    return state == State.WITHIN ? within(bytes, from) : new byte[0];
  }

  /// What waits, when nothing follows.
  byte[] rest() {
    byte[] rest = state == State.WITHIN ? held : new byte[0];
    held = new byte[0];
    return rest;
  }

  private byte[] within(byte[] bytes, int from) {
    ByteArrayOutputStream own = new ByteArrayOutputStream(bytes.length - from);
    int position = from;
    for (int mark = find(bytes, end, position); mark >= 0; mark = find(bytes, end, mark + 1)) {
      int close = closing(bytes, mark + end.length);
      if (close > 0) {
        own.write(bytes, position, mark - position);
        state = State.BEHIND;
        held = new byte[0];
        return own.toByteArray();
      }
      if (close == 0) {
        own.write(bytes, position, mark - position);
        held = Arrays.copyOfRange(bytes, mark, bytes.length);
        return own.toByteArray();
      }
    }
    held = tail(bytes, position, end);
    own.write(bytes, position, bytes.length - position - held.length);
    return own.toByteArray();
  }

  /// Reads the digits of an end and its edge.
  ///
  /// @return the position of the edge; 0 when more bytes are needed, -1 when it is no end
  private int closing(byte[] bytes, int from) {
    int number = 0;
    for (int index = from; index <= from + STATUS_DIGITS_MAX; index++) {
      if (index == bytes.length) {
        return 0;
      }
      if (bytes[index] == ShellScript.EDGE) {
        status = number;
        return index > from ? index : -1;
      }
      if (bytes[index] < '0' || bytes[index] > '9') {
        return -1;
      }
      number = number * 10 + bytes[index] - '0';
    }
    return -1;
  }

  private static int find(byte[] bytes, byte[] wanted, int from) {
    for (int index = from; index <= bytes.length - wanted.length; index++) {
      if (bytes[index] == wanted[0]
          && Arrays.equals(bytes, index, index + wanted.length, wanted, 0, wanted.length)) {
        return index;
      }
    }
    return -1;
  }

  /// The end of `bytes` that `mark` may begin with.
  private static byte[] tail(byte[] bytes, int from, byte[] mark) {
    for (int index = Math.max(from, bytes.length - mark.length + 1);
        index < bytes.length;
        index++) {
      int length = bytes.length - index;
      if (Arrays.equals(bytes, index, bytes.length, mark, 0, length)) {
        return Arrays.copyOfRange(bytes, index, bytes.length);
      }
    }
    return new byte[0];
  }
}
