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

/// Files as clients name them, and as the protocol does. Of text alone: nothing is looked up, and
/// this machine's file system and its character set play no part.
final class FileUris {
  private static final String SCHEME = "file://";
  private static final String PLAIN = "/-._~";
  private static final int HEX = 16;
  private static final int ESCAPE_LENGTH = 3;

  private FileUris() {}

  /// The protocol's name of a file.
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

  /// Which files a client may mean, the likeliest first. Clients put `file://` before any path that
  /// they are given, relative ones and ones with spaces too, and some send a real URI. Relative
  /// ones are below the working directory, as all paths of the toolbox are, or, as the clients'
  /// documentation has it, below the project.
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

  /// A text without its percent escapes; empty when it has none, or none that make sense.
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
