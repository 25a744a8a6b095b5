package dev.sandlot.toolbox.program;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/// How a program of each language is run (docs/contract/processes.md#programs, but for standard
/// input, which is the program's own and empty).
public enum CodeLanguage {
  /// Sees `['-', …]` as its arguments, as if it came on standard input.
  PYTHON {
    @Override
    public FedProgram program(String code, List<String> arguments) {
      return new FedProgram(
          joined(List.of("python3", "-u", "-c", PYTHON_RUNNER), arguments), bytes(code));
    }
  },

  /// Sees its arguments as if it had no name.
  JAVASCRIPT {
    @Override
    public FedProgram program(String code, List<String> arguments) {
      byte[] text = bytes(code);
      if (text.length > FedProgram.ARGUMENT_BYTES_MAX || code.indexOf('\0') >= 0) {
        return new FedProgram(joined(List.of("node", "-e", NODE_RUNNER, "--"), arguments), text);
      }
      // What begins like an option would be taken for one.
      String argument = code.startsWith("-") ? " " + code : code;
      return FedProgram.inCommand(joined(List.of("node", "-e", argument, "--"), arguments));
    }
  },

  /// Needs a file of its own; a shell makes it, runs it, removes it and keeps the exit status. The
  /// entry for the file is taken out of the arguments, on the same line, so that line numbers stay.
  TYPESCRIPT {
    @Override
    public FedProgram program(String code, List<String> arguments) {
      String folder = "/tmp/code-run." + UUID.randomUUID();
      return new FedProgram(
          joined(List.of("/bin/sh", "-c", TYPESCRIPT_RUNNER, folder), arguments),
          bytes("process.argv.splice(1, 1); " + code));
    }

    @Override
    public Optional<String> folder(FedProgram program) {
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
  public abstract FedProgram program(String code, List<String> arguments);

  /// A folder that a program leaves behind when it is killed.
  public Optional<String> folder(FedProgram program) {
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
