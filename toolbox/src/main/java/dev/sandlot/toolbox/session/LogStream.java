package dev.sandlot.toolbox.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/// A command's log as a stream of bytes, converted while it is read.
final class LogStream extends InputStream {
  /// The part of the log to read.
  enum Part {
    /// Both streams, each line marked.
    MARKED,
    /// Both streams without marks.
    CLEAN,
    OUTPUT,
    ERROR
  }

  private final CommandOutput output;
  private final Part part;
  private final LogRecords records;
  private final Deque<byte[]> ready = new ArrayDeque<>();
  private int position;
  private boolean ended;

  LogStream(CommandOutput output, Part part) {
    this.output = output;
    this.part = part;
    records = new LogRecords(part == Part.MARKED, true);
  }

  /// The log as text; bytes that are not UTF-8 become U+FFFD.
  static Reader text(CommandOutput output, Part part) {
    return new InputStreamReader(new LogStream(output, part), StandardCharsets.UTF_8);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (ready.isEmpty() && !ended) {
      fill();
    }
    byte[] first = ready.peek();
    if (first == null) {
      return -1;
    }
    int count = Math.min(length, first.length - position);
    System.arraycopy(first, position, target, offset, count);
    position += count;
    if (position == first.length) {
      ready.remove();
      position = 0;
    }
    return count;
  }

  private void fill() throws IOException {
    Optional<CommandOutput.Piece> next = output.next();
    if (next.isEmpty()) {
      ended = true;
      records.end(ready::add);
    } else if (part == Part.MARKED
        || part == Part.CLEAN
        || next.get().error() == (part == Part.ERROR)) {
      records.take(next.get(), ready::add);
    }
  }

  @Override
  public void close() {
    output.close();
  }
}
