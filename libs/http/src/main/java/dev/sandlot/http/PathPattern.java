package dev.sandlot.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A path with parameters, "/sandbox/{sandboxIdOrName}/ports/{port}". Matches segment by segment on
/// the raw path and decodes parameters once, so that `%2F` in a parameter is part of its value. A
/// last segment `*` matches any rest, also an empty one.
public record PathPattern(String text) {

  /// What fits: the parameters by name.
  public Optional<Map<String, String>> match(String rawPath) {
    List<String> wanted = segments(text);
    List<String> given = segments(rawPath);
    boolean open = !wanted.isEmpty() && wanted.getLast().equals("*");
    int fixed = open ? wanted.size() - 1 : wanted.size();
    if (given.size() < fixed || (!open && given.size() != fixed)) {
      return Optional.empty();
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int index = 0; index < fixed; index++) {
      String pattern = wanted.get(index);
      String segment = given.get(index);
      if (pattern.startsWith("{")) {
        Optional<String> value = decode(segment);
        if (value.isEmpty()) {
          return Optional.empty();
        }
        parameters.put(pattern.substring(1, pattern.length() - 1), value.get());
      } else if (!pattern.equals(segment)) {
        return Optional.empty();
      }
    }
    return Optional.of(parameters);
  }

  /// A path that fits, as logs and traces may show it: tokens are left out.
  public String shown(String rawPath) {
    List<String> wanted = segments(text);
    List<String> shown = new ArrayList<>(segments(rawPath));
    for (int index = 0; index < Math.min(wanted.size(), shown.size()); index++) {
      String pattern = wanted.get(index);
      if (pattern.startsWith("{") && pattern.toLowerCase(Locale.ROOT).contains("token")) {
        shown.set(index, "…");
      }
    }
    return "/" + String.join("/", shown);
  }

  /// How many segments are literal: of two patterns that match, the one with more wins.
  int literals() {
    return (int)
        segments(text).stream()
            .filter(segment -> !segment.startsWith("{") && !segment.equals("*"))
            .count();
  }

  /// Decodes percent-encoding; a plus sign stands for itself. Empty for a broken encoding.
  static Optional<String> decode(String segment) {
    try {
      return Optional.of(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static List<String> segments(String path) {
    String inner = path.startsWith("/") ? path.substring(1) : path;
    return inner.isEmpty() ? List.of() : List.of(inner.split("/", -1));
  }
}
