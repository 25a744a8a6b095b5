package dev.sandlot.toolbox.interpreter;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A language that contexts exist in, with the program of ours that keeps one.
enum ContextLanguage {
  PYTHON("worker.py", List.of("python3", "python")) {
    @Override
    List<String> command(String interpreter, String token) {
      // Compiled under a name of its own, by which tracebacks leave the program out.
      String start = "import sys; exec(compile(sys.argv.pop(), '<interpreter>', 'exec'))";
      return List.of(interpreter, "-c", start, token, program());
    }
  },

  JAVASCRIPT("worker.js", List.of("node")) {
    @Override
    List<String> command(String interpreter, String token) {
      // Node cannot move descriptors: its own input must be empty, and requests come elsewhere.
      String start = "exec \"$0\" -e \"$1\" \"$2\" 3<&0 </dev/null";
      return List.of("/bin/sh", "-c", start, interpreter, program(), token);
    }
  };

  private final String program;
  private final List<String> interpreters;

  ContextLanguage(String resource, List<String> interpreters) {
    this.program = read(resource);
    this.interpreters = interpreters;
  }

  static Optional<ContextLanguage> of(String name) {
    for (ContextLanguage language : values()) {
      if (language.wireName().equals(name)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  /// The names of all, as a sentence lists them.
  static String names() {
    return String.join(" or ", List.of(values()).stream().map(ContextLanguage::wireName).toList());
  }

  /// As clients write it.
  String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The programs that can run it, the better first, to be looked up in PATH.
  List<String> interpreters() {
    return interpreters;
  }

  /// What starts a context.
  ///
  /// @param token with which the context marks its frames
  abstract List<String> command(String interpreter, String token);

  final String program() {
    return program;
  }

  private static String read(String resource) {
    try (InputStream in = ContextLanguage.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + resource);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
