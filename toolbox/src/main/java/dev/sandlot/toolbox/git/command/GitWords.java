package dev.sandlot.toolbox.git.command;

import dev.sandlot.toolbox.call.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// What git said, made fit to be told or to be judged by. Each step goes over the text once.
final class GitWords {
  private static final List<String> NOISE =
      List.of("hint:", "Cloning into ", "To http:", "To https:", "From ");
  private static final List<String> LABELS = List.of("fatal: ", "error: ", "warning: ");
  private static final String UPDATING = "Updating ";
  private static final String AUTHORITY = "://";
  private static final String ENDS_OF_USER = "/@'\"";

  private GitWords() {}

  /// Lines without names of files and branches, which git puts between quotes or behind a tab and
  /// which could hold any words.
  static List<String> withoutNames(String said) {
    return said.lines()
        .filter(line -> !line.startsWith("\t"))
        .map(GitWords::withoutQuoted)
        .toList();
  }

  private static String withoutQuoted(String line) {
    StringBuilder kept = new StringBuilder();
    int from = 0;
    while (true) {
      int open = line.indexOf('\'', from);
      int close = open < 0 ? -1 : line.indexOf('\'', open + 1);
      if (close < 0) {
        return kept.append(line, from, line.length()).toString();
      }
      kept.append(line, from, open).append("''");
      from = close + 1;
    }
  }

  /// All that was said as one line, without advice, progress and control characters.
  static String oneLine(String said) {
    String line =
        said.lines()
            .map(String::strip)
            .filter(each -> !each.isEmpty() && !noise(each))
            .map(GitWords::withoutLabel)
            .distinct()
            .collect(Collectors.joining("; "));
    return PlainText.withoutControls(line);
  }

  private static boolean noise(String line) {
    boolean updating =
        line.startsWith(UPDATING)
            && line.length() > UPDATING.length()
            && Character.digit(line.charAt(UPDATING.length()), 16) >= 0;
    return updating || line.equals("Done") || NOISE.stream().anyMatch(line::startsWith);
  }

  private static String withoutLabel(String line) {
    return LABELS.stream()
        .filter(line::startsWith)
        .findFirst()
        .map(label -> line.substring(label.length()))
        .orElse(line);
  }

  /// A line with what stands before the `@` of its URLs masked.
  static String withoutUsers(String line) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (int at = line.indexOf(AUTHORITY); at >= 0; at = line.indexOf(AUTHORITY, at + 1)) {
      int begin = at + AUTHORITY.length();
      int end = begin;
      while (end < line.length() && !endsUser(line.charAt(end))) {
        end++;
      }
      if (begin >= from && end > begin && end < line.length() && line.charAt(end) == '@') {
        parts.add(line.substring(from, begin) + Credential.MASK);
        from = end;
      }
      at = Math.max(at, end - AUTHORITY.length());
    }
    return String.join("", parts) + line.substring(from);
  }

  private static boolean endsUser(char letter) {
    return Character.isWhitespace(letter) || ENDS_OF_USER.indexOf(letter) >= 0;
  }
}
