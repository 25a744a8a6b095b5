package dev.sandlot.toolbox.desktop.session;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Reads fields of the desktop program's answers, which are untrusted.
public final class Answers {
  private static final int TEXT_CHARACTERS_MAX = 4_000;
  private static final int NUMBER_MAX = 1 << 30;

  private Answers() {}

  /// A text, cut at a maximum length, without control characters but newline and tab.
  public static String text(JsonNode object, String name) {
    return clean(object.path(name).asString(""));
  }

  private static String clean(String text) {
    StringBuilder clean = new StringBuilder();
    text.codePoints()
        .limit(TEXT_CHARACTERS_MAX)
        .filter(one -> one == '\n' || one == '\t' || !Character.isISOControl(one))
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }

  /// A whole number within a range.
  public static int integer(JsonNode object, String name) {
    JsonNode number = object.path(name);
    if (!number.isIntegralNumber()
        || !number.canConvertToInt()
        || Math.abs((long) number.intValue()) > NUMBER_MAX) {
      throw DesktopFailures.broken("no number for " + name);
    }
    return number.intValue();
  }

  public static boolean flag(JsonNode object, String name) {
    return object.path(name).asBoolean(false);
  }

  /// Short texts.
  public static List<String> texts(JsonNode object, String name, int max) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list(object, name, max)) {
      texts.add(clean(item.asString("")));
    }
    return texts;
  }

  /// A list of limited length.
  public static JsonNode list(JsonNode object, String name, int max) {
    JsonNode list = object.path(name);
    if (!list.isArray() || list.size() > max) {
      throw DesktopFailures.broken("no list of at most " + max + " " + name);
    }
    return list;
  }
}
