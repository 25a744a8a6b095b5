package dev.sandlot.toolbox.git.command;

import java.util.Arrays;
import java.util.List;

/// Words that git says on one line, with "…" where anything may stand between them. Looked for
/// without patterns: whoever writes the line could make those take minutes.
///
/// @param pieces in their order
record Phrase(List<String> pieces) {
  Phrase {
    pieces = List.copyOf(pieces);
  }

  static Phrase of(String text) {
    return new Phrase(Arrays.asList(text.split("…", -1)));
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
