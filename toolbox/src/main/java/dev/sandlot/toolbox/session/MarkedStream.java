package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Finds one command's output in a stream of the shell's, between two messages of it (see {@link
/// ShellScript}).
final class MarkedStream {
  /// What a shell says before the name of a file that is not there: its own name, a line's number
  /// and a few words.
  private static final int MESSAGE_BYTES_MAX = 128;

  private final byte[] begin;
  private final byte[] end;
  private final byte[] shell;
  private byte[] held = new byte[0];
  private State state = State.BEFORE;

  private enum State {
    BEFORE,
    WITHIN,
    BEHIND
  }

  /// @param shell by which name its messages begin
  MarkedStream(String id, String shell) {
    begin = (ShellScript.BEGIN + id).getBytes(US_ASCII);
    end = (ShellScript.END + id).getBytes(US_ASCII);
    this.shell = shell.getBytes(UTF_8);
  }

  /// Whether the command's output is over.
  boolean over() {
    return state == State.BEHIND;
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
      int line = mark < 0 ? -1 : newline(bytes, mark);
      if (line < 0) {
        held = mark < 0 ? tail(bytes, 0, begin) : Arrays.copyOfRange(bytes, mark, bytes.length);
        return new byte[0];
      }
      state = State.WITHIN;
      from = line + 1;
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
    int mark = find(bytes, end, from);
    if (mark >= 0) {
      state = State.BEHIND;
      held = new byte[0];
      return Arrays.copyOfRange(bytes, from, message(bytes, from, mark));
    }
    int rest = bytes.length - tail(bytes, from, end).length;
    int message = message(bytes, from, rest);
    if (message == rest) {
      message = rest - tail(Arrays.copyOf(bytes, rest), from, shell).length;
    }
    held = Arrays.copyOfRange(bytes, message, bytes.length);
    return Arrays.copyOfRange(bytes, from, message);
  }

  /// Where the message begins that ends at `to`; `to` itself when there is none.
  private int message(byte[] bytes, int from, int to) {
    for (int index = to - shell.length; index >= Math.max(from, to - MESSAGE_BYTES_MAX); index--) {
      if (Arrays.equals(bytes, index, index + shell.length, shell, 0, shell.length)) {
        int line = newline(bytes, index);
        return line < 0 || line >= to ? index : to;
      }
    }
    return to;
  }

  private static int newline(byte[] bytes, int from) {
    for (int index = from; index < bytes.length; index++) {
      if (bytes[index] == '\n') {
        return index;
      }
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
