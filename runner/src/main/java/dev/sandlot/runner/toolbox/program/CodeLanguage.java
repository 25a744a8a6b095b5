package dev.sandlot.runner.toolbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// How a program of each language is run, its text on standard input (contract: toolbox-api.md §5).
enum CodeLanguage {
  /// Sees `['-', …]` as its arguments and the end of its input.
  PYTHON("") {
    @Override
    List<String> command(List<String> arguments) {
      return joined(List.of("python3", "-u", "-"), arguments);
    }
  },

  /// Sees its arguments as if it had no name: the entry for standard input is taken out, on the
  /// same line, so that line numbers stay.
  JAVASCRIPT("process.argv.splice(1, 1); ") {
    @Override
    List<String> command(List<String> arguments) {
      return joined(List.of("node", "-"), arguments);
    }
  },

  /// Needs a file of its own; a shell makes it, runs it, removes it and keeps the exit status.
  TYPESCRIPT("process.argv.splice(1, 1); ") {
    @Override
    List<String> command(List<String> arguments) {
      return joined(List.of("/bin/sh", "-c", TYPESCRIPT_RUNNER, "code-run"), arguments);
    }
  };

  private static final String TYPESCRIPT_RUNNER =
      """
      folder=$(mktemp -d /tmp/code-run.XXXXXXXX) || exit 1
      cat >"$folder/main.ts" || exit 1
      if command -v ts-node >/dev/null 2>&1; then set -- ts-node --transpile-only \
      --ignore-diagnostics 5107 --compiler-options '{"module":"CommonJS"}' "$folder/main.ts" "$@"
      else set -- npx --yes ts-node --transpile-only \
      --ignore-diagnostics 5107 --compiler-options '{"module":"CommonJS"}' "$folder/main.ts" "$@"
      fi
      "$@" </dev/null
      status=$?
      rm -rf "$folder"
      exit $status
      """;

  private final String prologue;

  CodeLanguage(String prologue) {
    this.prologue = prologue;
  }

  static Optional<CodeLanguage> of(String name) {
    for (CodeLanguage language : values()) {
      if (language.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  /// Program and arguments.
  abstract List<String> command(List<String> arguments);

  /// What goes to standard input.
  String program(String code) {
    return prologue + code;
  }

  private static List<String> joined(List<String> first, List<String> rest) {
    List<String> all = new ArrayList<>(first);
    all.addAll(rest);
    return all;
  }
}
