package dev.sandlot.toolbox.program;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Commands for a shell. Bash takes its text from a descriptor, by a line that a waiting one can
/// have executed half already; other shells take it as an argument.
public final class ShellText {
  private static final String BASH = ProgramSources.read("bash.sh", "#");

  /// For texts that are too long for an argument: read in blocks.
  private static final String OTHERS =
      "if [ -e /proc/self/fd/3 ]; then . /proc/self/fd/3; else . /proc/self/fd/0; fi";

  private static final String CLOSING = "exec 3<&-; ";

  private ShellText() {}

  /// Whether a shell can be started before its text is known.
  public static boolean waits(String shell) {
    return shell.endsWith("/bash");
  }

  /// The command line of one that waits for its text.
  public static List<String> waiting(String shell) {
    return List.of(shell, "-c", BASH);
  }

  /// Shells leave NUL out of what they read, and no argument can hold one.
  public static FedProgram of(String shell, String commands) {
    String text = commands.replace("\0", "");
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (waits(shell)) {
      return new FedProgram(waiting(shell), bytes);
    }
    if (bytes.length > FedProgram.ARGUMENT_BYTES_MAX) {
      return new FedProgram(
          List.of(shell, "-c", OTHERS), (CLOSING + text).getBytes(StandardCharsets.UTF_8));
    }
    // A blank, since a text may begin like an option. Newlines, since a shell gives its place to
    // the last command when nothing follows: a signal that ends that would then look like its own.
    return FedProgram.inCommand(List.of(shell, "-c", " " + text + "\n\n"));
  }
}
