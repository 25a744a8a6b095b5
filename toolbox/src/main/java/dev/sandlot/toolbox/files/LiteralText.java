package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

/// A text to search for literally, in linear time (Knuth, Morris, Pratt). Immutable.
final class LiteralText {
  private final byte[] bytes;

  /// For each number of matched bytes: how many remain matched when the next byte does not match.
  private final int[] borders;

  /// @param text not empty
  LiteralText(String text) {
    bytes = text.getBytes(UTF_8);
    borders = new int[bytes.length + 1];
    int border = 0;
    for (int index = 1; index < bytes.length; index++) {
      while (border > 0 && bytes[index] != bytes[border]) {
        border = borders[border];
      }
      if (bytes[index] == bytes[border]) {
        border++;
      }
      borders[index + 1] = border;
    }
  }

  int length() {
    return bytes.length;
  }

  byte at(int index) {
    return bytes[index];
  }

  /// How many bytes remain matched when the next one does not match.
  ///
  /// @param matched number of matched bytes, 1 or more
  int border(int matched) {
    return borders[matched];
  }

  byte[] bytes() {
    return bytes.clone();
  }

  /// Whether a part of a buffer contains the text.
  boolean isIn(byte[] buffer, int begin, int end) {
    int matched = 0;
    for (int index = begin; index < end; index++) {
      while (matched > 0 && bytes[matched] != buffer[index]) {
        matched = borders[matched];
      }
      if (bytes[matched] == buffer[index] && ++matched == bytes.length) {
        return true;
      }
    }
    return false;
  }
}
