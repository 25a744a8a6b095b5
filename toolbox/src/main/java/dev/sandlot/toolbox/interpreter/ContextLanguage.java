package dev.sandlot.toolbox.interpreter;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A language of contexts, with the worker program that runs in the context's process.
enum ContextLanguage {
  PYTHON("worker.py", List.of("python3", "python")) {
    @Override
    List<String> command(String interpreter, String token) {
      // Compiled under a file name of its own, by which tracebacks leave the worker's frames out.
      String start = "import sys; exec(compile(sys.argv.pop(), '<interpreter>', 'exec'))";
      return List.of(interpreter, "-c", start, token, program());
    }
  },

  JAVASCRIPT("worker.js", List.of("node")) {
    @Override
    List<String> command(String interpreter, String token) {
      // Node cannot move descriptors, so the shell does: standard input is empty, and requests come
      // on descriptor 3.
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

  /// All names, for a sentence.
  static String names() {
    return String.join(" or ", List.of(values()).stream().map(ContextLanguage::wireName).toList());
  }

  /// The name in the contract.
  String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Names of interpreters, to be looked up in PATH in this order.
  List<String> interpreters() {
    return interpreters;
  }

  /// The command line of a context's process.
  ///
  /// @param token that marks its frames
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
