package dev.sandlot.toolbox.program;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/// How a program of each language is run (docs/contract/processes.md#programs). Unlike there, the
/// program's standard input is empty and its own.
public enum CodeLanguage {
  /// Its arguments are `['-', …]`, as if the program came from standard input.
  PYTHON {
    @Override
    public ScriptProcess program(String code, List<String> arguments) {
      return new ScriptProcess(
          joined(List.of("python3", "-u", "-c", PYTHON_RUNNER), arguments), bytes(code));
    }
  },

  /// Its arguments come without a program name.
  JAVASCRIPT {
    @Override
    public ScriptProcess program(String code, List<String> arguments) {
      byte[] text = bytes(code);
      if (text.length > ScriptProcess.ARGUMENT_BYTES_MAX || code.indexOf('\0') >= 0) {
        return new ScriptProcess(joined(List.of("node", "-e", NODE_RUNNER, "--"), arguments), text);
      }
      // Code that begins with a hyphen would be taken for an option.
      String argument = code.startsWith("-") ? " " + code : code;
      return ScriptProcess.inCommand(joined(List.of("node", "-e", argument, "--"), arguments));
    }
  },

  /// Needs a file; a shell makes it, runs it, removes it and passes the exit status on. The file's
  /// name is removed from the arguments on the first line, so that line numbers stay.
  TYPESCRIPT {
    @Override
    public ScriptProcess program(String code, List<String> arguments) {
      String folder = "/tmp/code-run." + UUID.randomUUID();
      return new ScriptProcess(
          joined(List.of("/bin/sh", "-c", TYPESCRIPT_RUNNER, folder), arguments),
          bytes("process.argv.splice(1, 1); " + code));
    }

    @Override
    public Optional<String> folder(ScriptProcess program) {
      return Optional.of(program.command().get(3));
    }
  };

  private static final String PYTHON_RUNNER = ProgramSources.read("python.py", "#");
  private static final String NODE_RUNNER = ProgramSources.read("node.js", "//");
  private static final String TYPESCRIPT_RUNNER = ProgramSources.read("typescript.sh", "#");

  public static Optional<CodeLanguage> of(String name) {
    for (CodeLanguage language : values()) {
      if (language.name().toLowerCase(Locale.ROOT).equals(name)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  /// The process that runs a program.
  public abstract ScriptProcess program(String code, List<String> arguments);

  /// The temporary folder that a killed program leaves behind.
  public Optional<String> folder(ScriptProcess program) {
    return Optional.empty();
  }

  private static byte[] bytes(String code) {
    return code.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> joined(List<String> first, List<String> rest) {
    List<String> all = new ArrayList<>(first);
    all.addAll(rest);
    return all;
  }
}
