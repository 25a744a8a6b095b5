package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.model.OperationFailure;
import java.io.IOException;
import java.io.InputStream;

/// Searches a literal text in the lines of one file (docs/contract/files.md, `find`). Holds one
/// line and one buffer. Used by one thread.
final class LineSearch {
  private static final int BUFFER_BYTES = 64 << 10;

  private final LiteralText text;
  private final SearchLimits limits;
  private final Receiver receiver;

  /// Gets the lines found.
  interface Receiver {
    /// @param number of the line, from 1
    /// @param content of the line, without the newline
    void take(int number, String content);
  }

  LineSearch(LiteralText text, SearchLimits limits, Receiver receiver) {
    this.text = text;
    this.limits = limits;
    this.receiver = receiver;
  }

  /// Reads until the end, or until a line is too long. Binary files have no matches.
  ///
  /// @param deadline in the time of {@link System#nanoTime}
  /// @throws OperationFailure REQUEST_TIMEOUT after the deadline, and what the receiver throws
  void read(InputStream file, long deadline) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES + limits.lineBytesMax() + 1];
    int length = file.readNBytes(buffer, 0, limits.headBytes());
    for (int index = 0; index < length; index++) {
      if (buffer[index] == 0) {
        return;
      }
    }
    int number = 0;
    boolean more = true;
    while (more) {
      if (System.nanoTime() > deadline) {
        throw TreeSearch.timedOut(limits);
      }
      int count = file.read(buffer, length, buffer.length - length);
      more = count >= 0;
      length += Math.max(0, count);
      int begin = 0;
      for (int end = end(buffer, begin, length, more);
          end >= 0;
          end = end(buffer, begin, length, more)) {
        number++;
        if (end - begin > limits.lineBytesMax()) {
          return;
        }
        searchLine(number, buffer, begin, end);
        begin = end + 1;
      }
      length = Math.max(0, length - begin);
      if (length > limits.lineBytesMax()) {
        return;
      }
      System.arraycopy(buffer, begin, buffer, 0, length);
    }
  }

  /// The end of the line that begins here; -1 when it is incomplete, or there is none.
  private static int end(byte[] buffer, int begin, int length, boolean more) {
    for (int index = begin; index < length; index++) {
      if (buffer[index] == '\n') {
        return index;
      }
    }
    return more || begin >= length ? -1 : length;
  }

  private void searchLine(int number, byte[] buffer, int begin, int end) {
    int last = end > begin && buffer[end - 1] == '\r' ? end - 1 : end;
    if (text.isIn(buffer, begin, last)) {
      receiver.take(number, new String(buffer, begin, last - begin, UTF_8));
    }
  }
}
