package dev.sandlot.runner.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.Set;

/// What a session's shell is told. It reads all of this from its standard input, line by line, and
/// tells where a command's output begins and ends by marks in its own streams.
///
/// Every word is a builtin and is called as one, so that functions and aliases of the user's do not
/// get between, and no process has to be made.
///
/// @param builtin what calls a builtin in this shell: "builtin" or "command"
/// @param readsBlocks whether it can read many bytes at once from a pipe
record ShellScript(String builtin, boolean readsBlocks) {
  private static final String READER = "__sandlot_r() { builtin read -rN \"$1\" __sandlot_s; }\n";

  /// Before and behind each mark; no text has it.
  static final char EDGE = '\036';

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
    return new ShellScript(bash || name.equals("zsh") ? "builtin" : "command", bash);
  }

  /// What the shell learns first.
  ///
  /// @param ledger the number of the process whose output is the list of commands
  byte[] beginning(int ledger) {
    String list = " >/proc/" + ledger + "/fd/1";
    String begin = builtin + " printf '\\036%s(\\036' \"$1\"";
    String end = builtin + " printf '\\036%s)%s\\036' \"$1\" \"$2\"";
    String ended = builtin + " printf 'e %s %s\\n' \"$1\" \"$2\"" + list;
    return ("__sandlot_b() { "
            + begin
            + "; "
            + begin
            + " >&2; "
            + builtin
            + " printf 'b %s %s %s %s\\n' \"$1\" \"$2\" \"$3\" \"$4\""
            + list
            + " || :; }\n__sandlot_e() { "
            + ended
            + " || :; "
            + end
            + "; "
            + end
            + " >&2; }\n__sandlot_d() { "
            + ended
            + " || :; "
            + builtin
            + " kill \"$3\" || :; }\n"
            + (readsBlocks ? READER : ""))
        .getBytes(UTF_8);
  }

  /// A shell reads a script that comes through a pipe byte by byte, with a call of the system for
  /// each. Bash can be told to take a whole block; it counts characters, so that they must be
  /// bytes.
  private byte[] given(String script) {
    boolean plain = script.chars().allMatch(character -> character < 0x80);
    String block =
        readsBlocks && plain
            ? "__sandlot_r " + script.length() + "&&builtin eval \"$__sandlot_s\"\n"
            : "";
    return (block + script).getBytes(UTF_8);
  }

  /// A command whose output goes to the shell's own streams, between marks. Its input is empty. An
  /// `exec` in it that redirects holds for it alone, or the marks would be lost.
  ///
  /// @param shown the beginning of its text, for the list of commands
  byte[] shared(String id, Body body, long outputOffset, long errorOffset, String shown) {
    String text = Base64.getEncoder().encodeToString(shown.getBytes(UTF_8));
    return given(
        "__sandlot_b "
            + id
            + " "
            + outputOffset
            + " "
            + errorOffset
            + " "
            + text
            + "\n"
            + call(body)
            + " </dev/null >/proc/self/fd/1 2>/proc/self/fd/2\n__sandlot_e "
            + id
            + " $?\n");
  }

  /// A command whose output goes to the pipes of a process of its own, which is ended behind it.
  ///
  /// @param process its number
  /// @param interactive whether it reads what is written to that process
  byte[] separate(String id, Body body, int process, boolean interactive) {
    String folder = "/proc/" + process + "/fd/";
    return given(
        call(body)
            + " <"
            + (interactive ? folder + "0" : "/dev/null")
            + " >"
            + folder
            + "1 2>"
            + folder
            + "2\n__sandlot_d "
            + id
            + " $? "
            + process
            + "\n");
  }

  /// A line for the ledger's shell: puts text into another process's output.
  static byte[] echo(String text, int process) {
    return ("printf %s " + quoted(text) + " >/proc/" + process + "/fd/1\n").getBytes(UTF_8);
  }

  private String call(Body body) {
    return builtin
        + switch (body) {
          case Body.Text(String text) -> " eval " + quoted(text);
          case Body.File(String path) -> " . " + quoted(path);
        };
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  /// Where a command's words are.
  sealed interface Body {
    record Text(String text) implements Body {}

    /// @param path absolute
    record File(String path) implements Body {}
  }
}
