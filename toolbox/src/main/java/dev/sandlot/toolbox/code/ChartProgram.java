package dev.sandlot.toolbox.code;

import com.google.re2j.Pattern;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/// A Python program in a wrapper that captures its figures.
///
/// @param token marks its frames; random for each run, so that no earlier text can be taken for one
/// @param text the wrapped program
record ChartProgram(String token, String text) {
  private static final String WRAPPER = read("charts.py");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int TOKEN_BYTES = 16;
  private static final String LIBRARY = "matplotlib";
  private static final int IMPORT_CHARACTERS_MAX = 200;

  /// A program with more mentions and no import among them is not searched further.
  private static final int MENTIONS_MAX = 1_000;

  /// The code before the library's name in an import.
  private static final Pattern IMPORT =
      Pattern.compile(
          "(\\bimport\\s+(?:[\\w. ]+,\\s*)*"
              + "|\\bfrom\\s+"
              + "|__import__\\(\\s*['\"]"
              + "|import_module\\(\\s*['\"]"
              + "|sys\\.modules\\[\\s*['\"])$");

  /// @param bytesMax of the wrapped program
  /// @return empty when the program does not mention an import of matplotlib, or is too large
  static Optional<ChartProgram> of(String code, int bytesMax) {
    if (!mentionsImport(code)) {
      return Optional.empty();
    }
    byte[] token = new byte[TOKEN_BYTES];
    RANDOM.nextBytes(token);
    String marker = HexFormat.of().formatHex(token);
    String program = Base64.getEncoder().encodeToString(code.getBytes(StandardCharsets.UTF_8));
    String text = "TOKEN = \"" + marker + "\"\nPROGRAM = \"" + program + "\"\n" + WRAPPER;
    return text.length() <= bytesMax
        ? Optional.of(new ChartProgram(marker, text))
        : Optional.empty();
  }

  /// Searches the text alone, without parsing it: finds an import that is not behind a `#`.
  static boolean mentionsImport(String code) {
    int lineBegin = 0;
    int comment = -1;
    int scanned = 0;
    int mentions = 0;
    for (int at = code.indexOf(LIBRARY);
        at >= 0 && mentions < MENTIONS_MAX;
        at = code.indexOf(LIBRARY, at + 1)) {
      mentions++;
      for (; scanned < at; scanned++) {
        char character = code.charAt(scanned);
        if (character == '\n') {
          lineBegin = scanned + 1;
          comment = -1;
        } else if (character == '#') {
          comment = scanned;
        }
      }
      String before = code.substring(Math.max(lineBegin, at - IMPORT_CHARACTERS_MAX), at);
      if (comment < 0 && wordEnds(code, at + LIBRARY.length()) && IMPORT.matcher(before).find()) {
        return true;
      }
    }
    return false;
  }

  private static boolean wordEnds(String code, int end) {
    return end >= code.length() || !Character.isJavaIdentifierPart(code.charAt(end));
  }

  private static String read(String resource) {
    try (InputStream in = ChartProgram.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
