package dev.sandlot.toolbox.lsp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Converts between paths and the file URIs of clients and of the protocol. Works on text alone,
/// independent of this machine's file system and character set.
final class FileUris {
  private static final String SCHEME = "file://";
  private static final String PLAIN = "/-._~";
  private static final int HEX = 16;
  private static final int ESCAPE_LENGTH = 3;

  private FileUris() {}

  /// The URI of a file.
  ///
  /// @param path absolute
  static String of(String path) {
    StringBuilder uri = new StringBuilder(SCHEME);
    for (byte octet : path.getBytes(StandardCharsets.UTF_8)) {
      char letter = (char) (octet & 0xff);
      if (letter < 0x80 && (Character.isLetterOrDigit(letter) || PLAIN.indexOf(letter) >= 0)) {
        uri.append(letter);
      } else {
        uri.append(String.format(Locale.ROOT, "%%%02X", (int) letter));
      }
    }
    return uri.toString();
  }

  /// The paths that a client may mean, the likeliest first. Clients put `file://` before any path,
  /// even a relative one or one with blanks, and some send a proper URI. Relative paths are below
  /// the working directory, as everywhere in the toolbox, or below the project, as the clients'
  /// documentation says.
  ///
  /// @param uri with or without its scheme
  static List<String> candidates(String uri, String workingDirectory, String project) {
    String text = uri.startsWith(SCHEME) ? uri.substring(SCHEME.length()) : uri;
    Set<String> paths = new LinkedHashSet<>();
    paths.add(absolute(text, workingDirectory));
    paths.add(absolute(text, project));
    decoded(text)
        .ifPresent(plain -> {
          paths.add(absolute(plain, workingDirectory));
          paths.add(absolute(plain, project));
        });
    return List.copyOf(paths);
  }

  /// An absolute path without `.` and `..`.
  static String absolute(String path, String directory) {
    Deque<String> parts = new ArrayDeque<>();
    String whole = path.startsWith("/") ? path : directory + "/" + path;
    for (String part : whole.split("/", -1)) {
      if (part.equals("..")) {
        var _ = parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  /// A text with its percent escapes decoded; empty when it has none, or invalid ones.
  private static Optional<String> decoded(String text) {
    if (text.indexOf('%') < 0) {
      return Optional.empty();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    int position = 0;
    while (position < octets.length) {
      if (octets[position] != '%') {
        bytes.write(octets[position++]);
        continue;
      }
      if (position + ESCAPE_LENGTH > octets.length) {
        return Optional.empty();
      }
      int high = Character.digit(octets[position + 1], HEX);
      int low = Character.digit(octets[position + 2], HEX);
      if (high < 0 || low < 0 || high + low == 0) {
        return Optional.empty();
      }
      bytes.write(high * HEX + low);
      position += ESCAPE_LENGTH;
    }
    return Optional.of(bytes.toString(StandardCharsets.UTF_8));
  }
}
