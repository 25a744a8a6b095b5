package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Set;

/// The script that a session's shell gets on its standard input for each command.
///
/// The script must be invisible to the command, and must not depend on what earlier commands have
/// changed in the shell: options, traps, functions and aliases named like built-ins, IFS, closed
/// descriptors. So it reports the begin, end and status of a command through the shell's own error
/// messages about missing files: `if { :; } <"/sandlot)id/$?"; then :; fi` runs nothing, is neither
/// traced nor trapped, and does not end a shell under `set -e`. The script is one compound command,
/// so that `set -v` prints it before the command begins; its traces go to /dev/null.
///
/// @param builtin prefix that calls a built-in in this shell
/// @param bash whether it is bash, which can read a block of bytes from a pipe, and knows
///   descriptors above 9 by number
record ShellScript(String builtin, boolean bash) {
  /// Prefix of the missing file's name in the message before a command's output.
  static final String BEGIN = "/sandlot(";

  /// Prefix of the missing file's name in the message after a command's output.
  static final String END = "/sandlot)";

  /// Prefix of the missing file's name in messages to the ledger.
  static final String LISTED = "/sandlot|";

  private static final int VARIABLE_CHARACTERS = 8;

  private static final Set<String> SUPPORTED_SHELLS =
      Set.of("bash", "zsh", "sh", "dash", "ash", "ksh", "mksh", "busybox");

  /// The shell of a session: the user's own when it understands POSIX shell syntax.
  static String shellFor(String loginShell) {
    return SUPPORTED_SHELLS.contains(name(loginShell)) ? loginShell : "/bin/sh";
  }

  private static String name(String shell) {
    return shell.substring(shell.lastIndexOf('/') + 1);
  }

  /// @param shell a path that {@link #shellFor} returned
  static ShellScript of(String shell) {
    String name = name(shell);
    boolean bash = name.equals("bash");
    return new ShellScript(bash || name.equals("zsh") ? "\\builtin" : "\\command", bash);
  }

  /// The bytes to write to the shell's standard input. A shell reads a script from a pipe byte by
  /// byte, one system call each. Bash can read a whole block into a variable, which is unset before
  /// the command begins. Where that fails (`read` is disabled), bash reads the block as a script.
  /// The empty line after it stays in the pipe while the command runs ({@link ShellWatcher}).
  private byte[] asInput(String id, String script) {
    if (!bash) {
      return script.getBytes(UTF_8);
    }
    String variable = "__s" + id.substring(0, VARIABLE_CHARACTERS);
    String block = builtin + " unset -v " + variable + "; " + script;
    String line =
        "%s read -rN %d %s&&%s eval \"$%s\"\n"
            .formatted(builtin, block.length(), variable, builtin, variable);
    return (line + block + "\n").getBytes(UTF_8);
  }

  /// The script of a command whose output goes to the shell's own streams, between marks. Its input
  /// is empty. Redirections by an `exec` in it end with the command, or the marks would be lost.
  ///
  /// @param ledger the pid of the ledger, whose output is the list of commands
  byte[] shared(Shared shared, Body body, int ledger) {
    String text = Base64.getEncoder().encodeToString(shared.listedText().getBytes(UTF_8));
    String started =
        "b/" + shared.id() + "/" + shared.outputOffset() + "/" + shared.errorOffset() + "/" + text;
    String plain = bash ? "251" : "8";
    String error = bash ? "252" : "9";
    String own = " </dev/null >&" + plain + " 2>&" + error + " " + plain + ">&- " + error + ">&-";
    return asInput(
        shared.id(),
        "{ "
            + report(LISTED + started, list(ledger))
            + report(BEGIN + shared.id(), "&" + plain)
            + report(BEGIN + shared.id(), "&" + error)
            + call(body)
            + own
            + "; "
            + report(LISTED + "e/" + shared.id() + "/$?", list(ledger))
            + report(END + shared.id(), "&" + plain)
            + report(END + shared.id(), "&" + error)
            + "} "
            + plain
            + ">&1 "
            + error
            + ">&2 >/dev/null 2>/dev/null\n");
  }

  /// A command in the shell's own streams.
  ///
  /// @param outputOffset in the shell's standard output; the command's output begins there or later
  /// @param errorOffset the same of standard error
  /// @param listedText the beginning of its text, for the list of commands
  record Shared(String id, long outputOffset, long errorOffset, String listedText) {}

  /// The script of a command whose output goes to the pipes of a placeholder, which is ended after
  /// it.
  ///
  /// @param process the placeholder's pid
  /// @param interactive whether the command reads the placeholder's standard input
  byte[] separate(String id, Body body, int process, boolean interactive, int ledger) {
    String folder = "/proc/" + process + "/fd/";
    return asInput(
        id,
        "{ "
            + call(body)
            + " <"
            + (interactive ? folder + "0" : "/dev/null")
            + " >"
            + folder
            + "1 2>"
            + folder
            + "2; "
            + report(LISTED + "e/" + id + "/$?", list(ledger))
            + "if "
            + builtin
            + " kill "
            + process
            + "; then :; fi; } >/dev/null 2>/dev/null\n");
  }

  private static String list(int ledger) {
    return "/proc/" + ledger + "/fd/1";
  }

  /// Makes the shell write an error message with this file's name. The name is split by quotes, so
  /// that it is not found where the shell prints what it reads or runs (`set -v`, `set -x`).
  private static String report(String file, String where) {
    String pieces = file.charAt(0) + "\"\"" + file.substring(1);
    return "if { :; } <\"" + pieces + "\"; then :; fi 2>" + where + "; ";
  }

  /// A line for the ledger's shell: writes text to another process's output.
  static byte[] echo(String text, int process) {
    return ("printf %s " + singleQuoted(text) + " >/proc/" + process + "/fd/1\n").getBytes(UTF_8);
  }

  private String call(Body body) {
    return builtin
        + switch (body) {
          case Body.Text(String text) -> " eval " + quoted(text);
          case Body.File(String path) -> " . " + quoted(path);
        };
  }

  /// Quotes a text. For bash only ASCII is used: it counts a block in characters, and what a
  /// character is depends on the locale.
  private String quoted(String text) {
    boolean ascii = text.chars().allMatch(character -> character < 0x80);
    if (ascii || !bash) {
      return singleQuoted(text);
    }
    StringBuilder quoted = new StringBuilder("$'");
    for (byte each : text.getBytes(UTF_8)) {
      switch (each) {
        case '\'', '\\' -> quoted.append('\\').append((char) each);
        default -> {
          if (each < 0) {
            quoted.append('\\').append(Integer.toOctalString(each & 0xff));
          } else {
            quoted.append((char) each);
          }
        }
      }
    }
    return quoted.append('\'').toString();
  }

  private static String singleQuoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  /// Where the text of a command is.
  sealed interface Body {
    record Text(String text) implements Body {}

    /// @param path absolute
    record File(String path) implements Body {}
  }
}
