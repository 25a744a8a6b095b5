package dev.sandlot.toolbox.files;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// File names in headers (RFC 6266 and RFC 5987), in the forms that clients parse.
final class FileNames {
  private static final String UNESCAPED = "!#$&+-.^_`|~";

  private FileNames() {}

  /// `filename="…"; filename*=utf-8''…`. In the first, `_` replaces characters outside Latin-1; the
  /// second has all.
  static String parameters(String name) {
    return "filename=\"" + quoted(name, 0xff) + "\"; filename*=utf-8''" + percent(name);
  }

  /// The same in a part of a multipart answer, for the Python client. Its older versions, with
  /// today's multipart parser, read `filename` alone and decode it from UTF-8 twice.
  static String parametersForPython(String name) {
    String once = latin1OfUtf8(quoted(name, Character.MAX_CODE_POINT));
    return "filename=\"" + latin1OfUtf8(once) + "\"; filename*=utf-8''" + percent(name);
  }

  private static String latin1OfUtf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static String quoted(String name, int last) {
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
          text.appendCodePoint(control || point > last ? '_' : point);
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
