package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Finds the output of one command in a stream of the shell, between two messages of the shell (see
/// {@link ShellScript}).
final class MarkedStream {
  /// Of a shell's message before the name of a missing file: its own name, a line number and a few
  /// words.
  private static final int MESSAGE_BYTES_MAX = 128;

  private final byte[] begin;
  private final byte[] end;
  private final byte[] shell;
  private byte[] held = new byte[0];
  private State state = State.BEFORE;

  private enum State {
    BEFORE,
    WITHIN,
    AFTER
  }

  /// @param shell the name with which its messages begin
  MarkedStream(String id, String shell) {
    begin = (ShellScript.BEGIN + id).getBytes(US_ASCII);
    end = (ShellScript.END + id).getBytes(US_ASCII);
    this.shell = shell.getBytes(UTF_8);
  }

  /// Whether the command's output has ended.
  boolean ended() {
    return state == State.AFTER;
  }

  /// To be called when bytes are missing, which were dropped at the log's limit; the begin mark may
  /// have been among them.
  void skip() {
    held = new byte[0];
    if (state == State.BEFORE) {
      state = State.WITHIN;
    }
  }

  /// Takes the next bytes.
  ///
  /// @return the command's output among them; bytes that may begin a mark are held back
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

  /// The bytes held back, when the stream has ended.
  byte[] rest() {
    byte[] rest = state == State.WITHIN ? held : new byte[0];
    held = new byte[0];
    return rest;
  }

  private byte[] within(byte[] bytes, int from) {
    int mark = find(bytes, end, from);
    if (mark >= 0) {
      state = State.AFTER;
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

  /// Where the message begins that ends at `to`; `to` when there is none.
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

  /// The longest end of `bytes` that is a prefix of `mark`.
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
