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

/// A Python program whose figures are captured.
///
/// @param token with which its frames are marked; another for each run, so that no text that was
///   written before can be taken for one
/// @param text what the interpreter reads
record ChartProgram(String token, String text) {
  private static final String WRAPPER = read("charts.py");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int TOKEN_BYTES = 16;
  private static final String LIBRARY = "matplotlib";
  private static final int LOOK_BEFORE = 200;

  /// A program that has not imported it by then only talks of it.
  private static final int MENTIONS_MAX = 1_000;

  /// What stands before the library's name where it is imported.
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

  /// Looks at the text alone, as users of the clients know it: in a place not behind a `#`.
  static boolean mentionsImport(String code) {
    int lineBegin = 0;
    int comment = -1;
    int looked = 0;
    int mentions = 0;
    for (int at = code.indexOf(LIBRARY);
        at >= 0 && mentions < MENTIONS_MAX;
        at = code.indexOf(LIBRARY, at + 1)) {
      mentions++;
      for (; looked < at; looked++) {
        char character = code.charAt(looked);
        if (character == '\n') {
          lineBegin = looked + 1;
          comment = -1;
        } else if (character == '#') {
          comment = looked;
        }
      }
      String before = code.substring(Math.max(lineBegin, at - LOOK_BEFORE), at);
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
