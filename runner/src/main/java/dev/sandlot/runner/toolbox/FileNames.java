package dev.sandlot.runner.toolbox;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// File names in headers (RFC 6266 and RFC 5987), as clients read them back.
final class FileNames {
  private static final String UNESCAPED = "!#$&+-.^_`|~";

  private FileNames() {}

  /// `filename="…"; filename*=utf-8''…`. The first has `_` for what it cannot hold, the second has
  /// everything.
  static String parameters(String name) {
    return "filename=\"" + quoted(name) + "\"; filename*=utf-8''" + percent(name);
  }

  private static String quoted(String name) {
    StringBuilder text = new StringBuilder();
    name.codePoints()
        .forEach(point -> {
          if (point == '\r' || point == '\n' || point == 0) {
            return;
          }
          if (point == '"' || point == '\\') {
            text.append('\\');
          }
          boolean control = point < ' ' || (point >= 0x7f && point < 0xa0);
          text.appendCodePoint(control || point > 0xff ? '_' : point);
        });
    return text.toString();
  }

  private static String percent(String name) {
    StringBuilder text = new StringBuilder();
    for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
      char letter = (char) (octet & 0xff);
      if (letter < 0x80 && (Character.isLetterOrDigit(letter) || UNESCAPED.indexOf(letter) >= 0)) {
        text.append(letter);
      } else {
        text.append(String.format(Locale.ROOT, "%%%02X", (int) letter));
      }
    }
    return text.toString();
  }
}
