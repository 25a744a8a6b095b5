package dev.sandlot.toolbox.git.command;

import java.util.Arrays;
import java.util.List;

/// A part of one line of git's messages, where "…" stands for any text. Not a regular expression:
/// on a line made for the purpose those could take minutes.
///
/// @param pieces in their order
record MessagePattern(List<String> pieces) {
  MessagePattern {
    pieces = List.copyOf(pieces);
  }

  static MessagePattern of(String text) {
    return new MessagePattern(Arrays.asList(text.split("…", -1)));
  }

  boolean isIn(String line) {
    int from = 0;
    for (String piece : pieces) {
      int begin = line.indexOf(piece, from);
      if (begin < 0) {
        return false;
      }
      from = begin + piece.length();
    }
    return true;
  }
}
