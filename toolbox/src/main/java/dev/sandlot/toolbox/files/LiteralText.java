package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

/// A text to be looked for as it is. Looks in time in proportion to what it is looked for in,
/// whatever both are (Knuth, Morris, Pratt). Immutable.
final class LiteralText {
  private final byte[] bytes;

  /// For each count of bytes that fit: how many still fit when the next one does not.
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

  /// @param fitting how many bytes fit, 1 or more
  int border(int fitting) {
    return borders[fitting];
  }

  byte[] bytes() {
    return bytes.clone();
  }

  /// Whether the text is in a part of a buffer.
  boolean isIn(byte[] buffer, int begin, int end) {
    int fitting = 0;
    for (int index = begin; index < end; index++) {
      while (fitting > 0 && bytes[fitting] != buffer[index]) {
        fitting = borders[fitting];
      }
      if (bytes[fitting] == buffer[index] && ++fitting == bytes.length) {
        return true;
      }
    }
    return false;
  }
}
