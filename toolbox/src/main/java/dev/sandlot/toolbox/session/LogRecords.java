package dev.sandlot.toolbox.session;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/// Turns what a command writes into the records of its log: lines, each behind the mark of its
/// stream (docs/contract/sessions.md#log-records). A line that is too long for one record goes on
/// in the next, behind the same mark.
final class LogRecords {
  /// Of a record without its mark.
  static final int RECORD_BYTES_MAX = 16 << 10;

  private static final byte[] OUTPUT = {1, 1, 1};
  private static final byte[] ERROR = {2, 2, 2};

  private final boolean marked;
  private final boolean waiting;
  private final Line output = new Line(OUTPUT);
  private final Line error = new Line(ERROR);

  /// Takes a record.
  @FunctionalInterface
  interface Sink {
    void take(byte[] record) throws IOException;
  }

  /// The line that a stream is in.
  private static final class Line {
    private final byte[] mark;
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
    private boolean open;

    Line(byte[] mark) {
      this.mark = mark;
    }
  }

  /// @param marked whether records have marks
  /// @param waiting whether a line waits for its end; otherwise what there is becomes a record
  LogRecords(boolean marked, boolean waiting) {
    this.marked = marked;
    this.waiting = waiting;
  }

  void take(CommandOutput.Piece piece, Sink sink) throws IOException {
    Line line = piece.error() ? error : output;
    byte[] bytes = piece.bytes();
    int from = 0;
    for (int index = 0; index < bytes.length; index++) {
      boolean ends = bytes[index] == '\n';
      if (ends || line.begun.size() + index + 1 - from == RECORD_BYTES_MAX) {
        line.begun.write(bytes, from, index + 1 - from);
        from = index + 1;
        line.open = !ends;
        emit(line, sink);
      }
    }
    if (from < bytes.length) {
      line.begun.write(bytes, from, bytes.length - from);
      line.open = true;
      if (!waiting) {
        emit(line, sink);
      }
    }
  }

  /// The command has ended: a last line without an end gets one.
  void end(Sink sink) throws IOException {
    for (Line line : new Line[] {output, error}) {
      if (line.open) {
        line.begun.write('\n');
        line.open = false;
        emit(line, sink);
      }
    }
  }

  private void emit(Line line, Sink sink) throws IOException {
    ByteArrayOutputStream record = new ByteArrayOutputStream(line.begun.size() + line.mark.length);
    if (marked) {
      record.writeBytes(line.mark);
    }
    line.begun.writeTo(record);
    line.begun.reset();
    sink.take(record.toByteArray());
  }
}
