package dev.sandlot.toolbox.files;

import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.util.ArrayList;
import java.util.List;

/// A glob pattern for the last part of a path: `*` for any characters, `?` for one, `[a-z]` for one
/// of a set, `[^a-z]` or `[!a-z]` for one that is not in it, `\` to escape a character. Matches
/// without recursion, in time bounded by the product of both lengths. Immutable.
final class NameGlob {
  /// One element of the pattern.
  private sealed interface Piece {
    /// Any number of characters.
    record Any() implements Piece {}

    /// One character that is in these ranges, or, when negated, in none of them.
    record Set(List<Range> ranges, boolean negated) implements Piece {
      boolean contains(int point) {
        return ranges.stream().anyMatch(range -> range.contains(point)) != negated;
      }
    }
  }

  private record Range(int first, int last) {
    boolean contains(int point) {
      return first <= point && point <= last;
    }
  }

  private static final Piece ANY_NUMBER = new Piece.Any();
  private static final Piece ANY_ONE = new Piece.Set(List.of(), true);

  private final List<Piece> pieces;

  private NameGlob(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
  }

  /// @throws OperationFailure BAD_REQUEST for a set without its end and a `\` at the end
  static NameGlob parse(String pattern) {
    return new NameGlob(new Reader(pattern.codePoints().toArray()).pieces());
  }

  /// Whether the whole name matches.
  boolean matches(String name) {
    int[] points = name.codePoints().toArray();
    int piece = 0;
    int point = 0;
    int star = -1;
    int resumed = 0;
    while (point < points.length) {
      if (piece < pieces.size() && pieces.get(piece) instanceof Piece.Any) {
        star = piece++;
        resumed = point;
      } else if (piece < pieces.size()
          && pieces.get(piece) instanceof Piece.Set set
          && set.contains(points[point])) {
        piece++;
        point++;
      } else if (star >= 0) {
        // Backtracks to the last star, which takes one character more. Earlier stars need no
        // backtracking, as they took as few as possible.
        piece = star + 1;
        point = ++resumed;
      } else {
        return false;
      }
    }
    while (piece < pieces.size() && pieces.get(piece) instanceof Piece.Any) {
      piece++;
    }
    return piece == pieces.size();
  }

  private static final class Reader {
    private final int[] points;
    private int index;

    Reader(int[] points) {
      this.points = points;
    }

    List<Piece> pieces() {
      List<Piece> pieces = new ArrayList<>();
      while (index < points.length) {
        int point = points[index++];
        switch (point) {
          case '*' -> {
            if (pieces.isEmpty() || pieces.getLast() != ANY_NUMBER) {
              pieces.add(ANY_NUMBER);
            }
          }
          case '?' -> pieces.add(ANY_ONE);
          case '[' -> pieces.add(set());
          case '\\' -> pieces.add(one(next()));
          default -> pieces.add(one(point));
        }
      }
      return pieces;
    }

    private static Piece one(int point) {
      return new Piece.Set(List.of(new Range(point, point)), false);
    }

    private Piece set() {
      boolean negated = index < points.length && (points[index] == '^' || points[index] == '!');
      if (negated) {
        index++;
      }
      List<Range> ranges = new ArrayList<>();
      for (int point = next(); point != ']' || ranges.isEmpty(); point = next()) {
        int first = point == '\\' ? next() : point;
        boolean range =
            index + 1 < points.length && points[index] == '-' && points[index + 1] != ']';
        int last = first;
        if (range) {
          index++;
          int end = next();
          last = end == '\\' ? next() : end;
        }
        ranges.add(new Range(first, last));
      }
      return new Piece.Set(ranges, negated);
    }

    private int next() {
      if (index == points.length) {
        throw ToolboxFailures.badRequest(
            "pattern is not complete: [ needs a ] after it and \\ a character; write [[] or \\\\"
                + " for the characters themselves");
      }
      return points[index++];
    }
  }
}
