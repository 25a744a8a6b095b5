package dev.sandlot.toolbox.desktop.session;

import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Checks that a sandbox has the programs of a desktop. Only needed while none of them runs.
final class InstalledPrograms {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int ANSWER_BYTES_MAX = 1_000;
  private static final String QUESTION =
      """
      for program in Xvfb dbus-daemon x11vnc websockify; do
        command -v $program >/dev/null || printf '%s ' $program
      done
      command -v openbox >/dev/null || command -v startxfce4 >/dev/null || printf 'openbox '
      for place in /usr/bin/python3 /usr/share/novnc; do
        [ -e $place ] || printf '%s ' $place
      done
      for module in Xlib PIL; do
        [ -e /usr/lib/python3/dist-packages/$module ] || printf 'Python-module-%s ' $module
      done
      """;

  private InstalledPrograms() {}

  /// @throws OperationFailure SERVICE_UNAVAILABLE when programs are missing, with their names
  static void check(RunningSandbox sandbox) throws IOException, InterruptedException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    ProcessRequest question =
        new ProcessRequest(List.of("/bin/sh", "-c", QUESTION), new byte[0], Map.of(), "", LIMIT);
    RunOutcome outcome =
        sandbox
            .agent()
            .runPlatform(
                question,
                data -> {
                  byte[] bytes = new byte[data.remaining()];
                  data.get(bytes);
                  if (answer.size() + bytes.length <= ANSWER_BYTES_MAX) {
                    answer.writeBytes(bytes);
                  }
                });
    switch (outcome) {
      case RunOutcome.NotStarted(String reason) -> throw DesktopFailures.notInstalled(reason);
      case RunOutcome.Exited _ -> {
        String missing = answer.toString(StandardCharsets.UTF_8).trim();
        if (!missing.isEmpty()) {
          throw DesktopFailures.notInstalled(missing.replace(" ", ", "));
        }
      }
    }
  }
}
