package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Set;

/// What a session's shell is told for each command, on its standard input.
///
/// Nothing of this may show to the command, or depend on what earlier ones have made of the shell:
/// options, traps, functions and aliases that are called like builtins, IFS, closed descriptors. So
/// what is to be told is told by the shell's own messages about files that do not exist: `if { :; }
/// <"/sandlot)id/$?"; then :; fi` runs nothing, is neither traced nor trapped, and ends no shell
/// that ends at failures. All of it is one compound command, so that `set -v` shows it before the
/// command begins, and the traces of its few words go nowhere.
///
/// @param builtin what calls a builtin in this shell
/// @param bash whether it is bash, which can read many bytes at once from a pipe, and knows
///   descriptors above 9 by number
record ShellScript(String builtin, boolean bash) {
  /// Begins the file's name in the message that a command's output begins behind.
  static final String BEGIN = "/sandlot(";

  /// Begins the file's name in the message that ends a command's output.
  static final String END = "/sandlot)";

  /// The same in the list of commands.
  static final String LISTED = "/sandlot|";

  private static final int VARIABLE_CHARACTERS = 8;

  private static final Set<String> SPEAKING =
      Set.of("bash", "zsh", "sh", "dash", "ash", "ksh", "mksh", "busybox");

  /// The shell of a session: the user's own, unless it is one that speaks another language.
  static String shellFor(String usual) {
    return SPEAKING.contains(name(usual)) ? usual : "/bin/sh";
  }

  private static String name(String shell) {
    return shell.substring(shell.lastIndexOf('/') + 1);
  }

  /// @param shell the path of one that {@link #shellFor} has chosen
  static ShellScript of(String shell) {
    String name = name(shell);
    boolean bash = name.equals("bash");
    return new ShellScript(bash || name.equals("zsh") ? "\\builtin" : "\\command", bash);
  }

  /// A shell reads a script that comes through a pipe byte by byte, with a call of the system for
  /// each. Bash can be told to take a whole block, into a variable that is gone before the command
  /// begins. Where it does not do so (`read` is disabled), the script is there to be read in the
  /// usual way. The empty line behind it waits in the pipe for as long as the command runs ({@link
  /// ShellWatch}).
  private byte[] given(String id, String script) {
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

  /// A command whose output goes to the shell's own streams, between marks. Its input is empty. An
  /// `exec` in it that redirects holds for it alone, or the marks would be lost.
  ///
  /// @param shown the beginning of its text, for the list of commands
  /// @param ledger the number of the process whose output is the list of commands
  byte[] shared(Shared shared, Body body, int ledger) {
    String text = Base64.getEncoder().encodeToString(shared.shown().getBytes(UTF_8));
    String begun =
        "b/" + shared.id() + "/" + shared.outputOffset() + "/" + shared.errorOffset() + "/" + text;
    String plain = bash ? "251" : "8";
    String error = bash ? "252" : "9";
    String own = " </dev/null >&" + plain + " 2>&" + error + " " + plain + ">&- " + error + ">&-";
    return given(
        shared.id(),
        "{ "
            + told(LISTED + begun, list(ledger))
            + told(BEGIN + shared.id(), "&" + plain)
            + told(BEGIN + shared.id(), "&" + error)
            + call(body)
            + own
            + "; "
            + told(LISTED + "e/" + shared.id() + "/$?", list(ledger))
            + told(END + shared.id(), "&" + plain)
            + told(END + shared.id(), "&" + error)
            + "} "
            + plain
            + ">&1 "
            + error
            + ">&2 >/dev/null 2>/dev/null\n");
  }

  /// A command in the shell's own streams.
  ///
  /// @param outputOffset where its output cannot begin before
  /// @param errorOffset the same of standard error
  /// @param shown the beginning of its text
  record Shared(String id, long outputOffset, long errorOffset, String shown) {}

  /// A command whose output goes to the pipes of a process of its own, which is ended behind it.
  ///
  /// @param process its number
  /// @param interactive whether it reads what is written to that process
  byte[] separate(String id, Body body, int process, boolean interactive, int ledger) {
    String folder = "/proc/" + process + "/fd/";
    return given(
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
            + told(LISTED + "e/" + id + "/$?", list(ledger))
            + "if "
            + builtin
            + " kill "
            + process
            + "; then :; fi; } >/dev/null 2>/dev/null\n");
  }

  private static String list(int ledger) {
    return "/proc/" + ledger + "/fd/1";
  }

  /// Makes the shell say that there is no such file. Where the shell shows what it reads or runs,
  /// the name is not to be found: it is in two pieces there.
  private static String told(String file, String where) {
    String pieces = file.charAt(0) + "\"\"" + file.substring(1);
    return "if { :; } <\"" + pieces + "\"; then :; fi 2>" + where + "; ";
  }

  /// A line for the ledger's shell: puts text into another process's output.
  static byte[] echo(String text, int process) {
    return ("printf %s " + plainly(text) + " >/proc/" + process + "/fd/1\n").getBytes(UTF_8);
  }

  private String call(Body body) {
    return builtin
        + switch (body) {
          case Body.Text(String text) -> " eval " + quoted(text);
          case Body.File(String path) -> " . " + quoted(path);
        };
  }

  /// Bash counts characters where it reads blocks, and what is one depends on its locale: so all
  /// are to be ASCII.
  private String quoted(String text) {
    boolean ascii = text.chars().allMatch(character -> character < 0x80);
    if (ascii || !bash) {
      return plainly(text);
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

  private static String plainly(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  /// Where a command's words are.
  sealed interface Body {
    record Text(String text) implements Body {}

    /// @param path absolute
    record File(String path) implements Body {}
  }
}
