package dev.sandlot.toolbox.program;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Command lines of shells that run a text. Bash reads the text from a descriptor, so that it can
/// be started before the text is known; other shells get it as an argument.
public final class ShellText {
  private static final String BASH = ProgramSources.read("bash.sh", "#");

  /// For texts that are too long for an argument; these are read in blocks.
  private static final String OTHERS =
      "if [ -e /proc/self/fd/3 ]; then . /proc/self/fd/3; else . /proc/self/fd/0; fi";

  private static final String CLOSING = "exec 3<&-; ";

  private ShellText() {}

  /// Whether this shell can be started before its text is known.
  public static boolean waits(String shell) {
    return shell.endsWith("/bash");
  }

  /// The command line of a shell that waits for its text.
  public static List<String> waiting(String shell) {
    return List.of(shell, "-c", BASH);
  }

  /// The process that runs commands in this shell. NUL characters are removed: shells skip them,
  /// and arguments cannot hold them.
  public static ScriptProcess of(String shell, String commands) {
    String text = commands.replace("\0", "");
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (waits(shell)) {
      return new ScriptProcess(waiting(shell), bytes);
    }
    if (bytes.length > ScriptProcess.ARGUMENT_BYTES_MAX) {
      return new ScriptProcess(
          List.of(shell, "-c", OTHERS), (CLOSING + text).getBytes(StandardCharsets.UTF_8));
    }
    // A blank, since a text may begin with a hyphen. Newlines, since a shell replaces itself by the
    // last command (exec) when nothing follows, and a signal to that would look like its own.
    return ScriptProcess.inCommand(List.of(shell, "-c", " " + text + "\n\n"));
  }
}
