package dev.sandlot.toolbox.program;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/// The small programs of this package, which are passed in command lines.
final class ProgramSources {
  private ProgramSources() {}

  /// @param remark prefix of comment lines, which are left out
  static String read(String resource, String remark) {
    try (InputStream in = ProgramSources.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith(remark) && !line.isBlank())
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
