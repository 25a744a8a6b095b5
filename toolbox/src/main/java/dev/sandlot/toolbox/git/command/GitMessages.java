package dev.sandlot.toolbox.git.command;

import dev.sandlot.toolbox.call.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Cleans git's messages, to be classified or shown to callers. Each step reads the text once.
final class GitMessages {
  private static final List<String> NOISE =
      List.of("hint:", "Cloning into ", "To http:", "To https:", "From ");
  private static final List<String> PREFIXES = List.of("fatal: ", "error: ", "warning: ");
  private static final String UPDATING = "Updating ";
  private static final String AUTHORITY = "://";
  private static final String ENDS_OF_USER = "/@'\"";

  private GitMessages() {}

  /// The lines without names of files and branches. Git puts these between quotes or behind a tab;
  /// they could hold any text.
  static List<String> withoutNames(String messages) {
    return messages
        .lines()
        .filter(line -> !line.startsWith("\t"))
        .map(GitMessages::withoutQuoted)
        .toList();
  }

  private static String withoutQuoted(String line) {
    StringBuilder result = new StringBuilder();
    int from = 0;
    while (true) {
      int open = line.indexOf('\'', from);
      int close = open < 0 ? -1 : line.indexOf('\'', open + 1);
      if (close < 0) {
        return result.append(line, from, line.length()).toString();
      }
      result.append(line, from, open).append("''");
      from = close + 1;
    }
  }

  /// All messages as one line, without advice, progress and control characters.
  static String oneLine(String messages) {
    String line =
        messages
            .lines()
            .map(String::strip)
            .filter(each -> !each.isEmpty() && !noise(each))
            .map(GitMessages::withoutPrefix)
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

  private static String withoutPrefix(String line) {
    return PREFIXES.stream()
        .filter(line::startsWith)
        .findFirst()
        .map(prefix -> line.substring(prefix.length()))
        .orElse(line);
  }

  /// Masks the user and password before the `@` of URLs.
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
