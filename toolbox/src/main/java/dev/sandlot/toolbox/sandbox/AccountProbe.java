package dev.sandlot.toolbox.sandbox;

import dev.sandlot.agentclient.Account;
import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Asks a sandbox for the account of its processes, when it was configured before this runner
/// started. The shell is chosen as the contract says (docs/contract/processes.md#commands).
final class AccountProbe {
  private static final Duration TIME_MAX = Duration.ofSeconds(10);
  private static final int ANSWER_BYTES_MAX = 16 << 10;
  private static final String SCRIPT =
      """
      shell=
      for name in /usr/bin/zsh /bin/zsh /usr/bin/bash /bin/bash; do
        while read -r line; do
          [ "$line" = "$name" ] && [ -x "$name" ] && shell=$name && break 2
        done </etc/shells
      done 2>/dev/null
      printf '%s\\n%s\\n%s\\n' "$HOME" "$(pwd)" "${shell:-${SHELL:-/bin/sh}}"
      """;

  private AccountProbe() {}

  static Account ask(AgentClient agent) throws IOException, InterruptedException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    RunOutcome outcome =
        agent.runPlatform(
            new ProcessRequest(
                List.of("/bin/sh", "-c", SCRIPT), new byte[0], Map.of(), "", TIME_MAX),
            data -> take(data, answer));
    String[] lines = answer.toString(StandardCharsets.UTF_8).split("\n", -1);
    if (!(outcome instanceof RunOutcome.Exited(int code, _, _)) || code != 0 || lines.length != 4) {
      throw new IOException("the sandbox does not tell its user's home; restart the sandbox");
    }
    return new Account(lines[0], lines[1], lines[2]);
  }

  private static void take(ByteBuffer data, ByteArrayOutputStream answer) throws IOException {
    if (answer.size() + data.remaining() > ANSWER_BYTES_MAX) {
      throw new IOException("the sandbox tells too much about its user");
    }
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    answer.write(bytes, 0, bytes.length);
  }
}
