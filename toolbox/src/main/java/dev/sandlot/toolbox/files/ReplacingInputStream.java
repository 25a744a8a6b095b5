package dev.sandlot.toolbox.files;

import java.io.IOException;
import java.io.InputStream;

/// A stream in which each occurrence of a text is replaced by another; occurrences do not overlap.
/// Holds two buffers and one replacement, however long the stream is. Used by one thread.
final class ReplacingInputStream extends InputStream {
  private static final int BUFFER_BYTES = 64 << 10;

  private final InputStream in;
  private final LiteralText text;
  private final byte[] original;
  private final byte[] replacement;
  private final byte[] read = new byte[BUFFER_BYTES];
  private int readNext;
  private int readEnd;
  private byte[] ready;
  private int readyNext;
  private int readyEnd;
  private int matched;
  private long count;
  private boolean ended;

  ReplacingInputStream(InputStream in, LiteralText text, byte[] replacement) {
    this.in = in;
    this.text = text;
    this.original = text.bytes();
    this.replacement = replacement.clone();
    // One byte of input can emit a whole replacement, or a prefix of the text.
    this.ready = new byte[BUFFER_BYTES + Math.max(original.length, replacement.length) + 1];
  }

  /// How many occurrences have been replaced.
  long count() {
    return count;
  }

  @Override
  public int read() throws IOException {
    return fill() ? ready[readyNext++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int given = Math.min(length, readyEnd - readyNext);
    System.arraycopy(ready, readyNext, target, offset, given);
    readyNext += given;
    return given;
  }

  private boolean fill() throws IOException {
    if (readyNext < readyEnd) {
      return true;
    }
    readyNext = 0;
    readyEnd = 0;
    while (readyEnd == 0 && !ended) {
      if (readNext == readEnd) {
        readNext = 0;
        readEnd = in.read(read, 0, read.length);
        if (readEnd < 0) {
          readEnd = 0;
          ended = true;
          emit(original, matched);
        }
      }
      while (readNext < readEnd && readyEnd < BUFFER_BYTES) {
        take(read[readNext++]);
      }
    }
    return readyEnd > 0;
  }

  private void take(byte next) {
    while (matched > 0 && text.at(matched) != next) {
      int border = text.border(matched);
      emit(original, matched - border);
      matched = border;
    }
    if (text.at(matched) != next) {
      ready[readyEnd++] = next;
    } else if (++matched == text.length()) {
      emit(replacement, replacement.length);
      matched = 0;
      count++;
    }
  }

  private void emit(byte[] bytes, int length) {
    System.arraycopy(bytes, 0, ready, readyEnd, length);
    readyEnd += length;
  }
}
