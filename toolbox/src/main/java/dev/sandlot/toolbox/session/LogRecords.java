package dev.sandlot.toolbox.session;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/// Splits the output of a command into the records of its log: lines, each after the mark of its
/// stream (docs/contract/sessions.md#log-records). A line that is too long continues in the next
/// record, after the same mark.
final class LogRecords {
  /// Size of a record without its mark.
  static final int RECORD_BYTES_MAX = 16 << 10;

  private static final byte[] OUTPUT = {1, 1, 1};
  private static final byte[] ERROR = {2, 2, 2};

  private final boolean marked;
  private final boolean wholeLines;
  private final Line output = new Line(OUTPUT);
  private final Line error = new Line(ERROR);

  /// Takes a record.
  @FunctionalInterface
  interface Sink {
    void take(byte[] record) throws IOException;
  }

  /// The current line of a stream.
  private static final class Line {
    private final byte[] mark;
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
    private boolean open;

    Line(byte[] mark) {
      this.mark = mark;
    }
  }

  /// @param marked whether records have marks
  /// @param wholeLines whether an unfinished line is held back; otherwise it becomes a record
  LogRecords(boolean marked, boolean wholeLines) {
    this.marked = marked;
    this.wholeLines = wholeLines;
  }

  void take(CommandOutput.Piece piece, Sink sink) throws IOException {
    Line line = piece.error() ? error : output;
    byte[] bytes = piece.bytes();
    int from = 0;
    for (int index = 0; index < bytes.length; index++) {
      boolean ends = bytes[index] == '\n';
      if (ends || line.partial.size() + index + 1 - from == RECORD_BYTES_MAX) {
        line.partial.write(bytes, from, index + 1 - from);
        from = index + 1;
        line.open = !ends;
        emit(line, sink);
      }
    }
    if (from < bytes.length) {
      line.partial.write(bytes, from, bytes.length - from);
      line.open = true;
      if (!wholeLines) {
        emit(line, sink);
      }
    }
  }

  /// To be called when the command has ended: adds a missing newline to the last line.
  void end(Sink sink) throws IOException {
    for (Line line : new Line[] {output, error}) {
      if (line.open) {
        line.partial.write('\n');
        line.open = false;
        emit(line, sink);
      }
    }
  }

  private void emit(Line line, Sink sink) throws IOException {
    ByteArrayOutputStream record =
        new ByteArrayOutputStream(line.partial.size() + line.mark.length);
    if (marked) {
      record.writeBytes(line.mark);
    }
    line.partial.writeTo(record);
    line.partial.reset();
    sink.take(record.toByteArray());
  }
}
