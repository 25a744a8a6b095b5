package dev.sandlot.toolbox.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Runs texts in the shells of this machine, since the default image has only bash.
class ShellTextTest {
  private static final List<String> SHELLS = List.of("/bin/sh", "/bin/bash");

  private record Ended(int code, String output) {}

  /// Starts it as an agent does; an older agent passes the text on standard input.
  private static Ended run(ScriptProcess program, boolean older) throws Exception {
    List<String> command = new ArrayList<>();
    if (program.text().length == 0) {
      command.addAll(List.of("/bin/bash", "-c", "exec </dev/null; exec \"$@\"", "bash"));
    } else if (!older) {
      command.addAll(List.of("/bin/bash", "-c", "exec 3<&0 </dev/null; exec \"$@\"", "bash"));
    }
    command.addAll(program.command());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Thread.ofVirtual()
        .start(() -> {
          try (var input = process.getOutputStream()) {
            input.write(program.text());
          } catch (IOException _) {
            // The process ended without reading everything.
          }
        });
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), output);
  }

  @Test
  void runsEveryLineWithEmptyStandardInput() throws Exception {
    String padding = ": xxxxxxxxxxxxxxxx\n".repeat(10_000);
    for (String shell : SHELLS) {
      for (String text : List.of("cat\n", padding + "cat\n", "\0cat\0\n")) {
        String whole = text + "readlink /proc/self/fd/0; ls /proc/self/fd | wc -l\necho on; exit 3";

        assertThat(run(ShellText.of(shell, whole), false))
            .isEqualTo(new Ended(3, "/dev/null\n4\non\n"));
      }
    }
  }

  @Test
  void readsStandardInputWithAnOlderAgent() throws Exception {
    String padding = ": xxxxxxxxxxxxxxxx\n".repeat(10_000);
    for (String shell : SHELLS) {
      assertThat(run(ShellText.of(shell, padding + "echo on; exit 3"), true))
          .isEqualTo(new Ended(3, "on\n"));
    }
  }

  @Test
  void doesNotReplaceTheShellByItsLastCommand() throws Exception {
    for (String shell : SHELLS) {
      assertThat(run(ShellText.of(shell, "echo; sh -c 'kill -9 $$'"), false).code()).isEqualTo(137);
      assertThat(run(ShellText.of(shell, "sh -c 'kill -9 $$'\n"), false).code()).isEqualTo(137);
    }
  }

  @Test
  void acceptsATextThatBeginsWithAHyphen() throws Exception {
    for (String shell : SHELLS) {
      Ended ended = run(ShellText.of(shell, "-c"), false);

      assertThat(ended.code()).isEqualTo(127);
      assertThat(ended.output()).contains("not found");
    }
  }
}
