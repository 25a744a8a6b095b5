package dev.sandlot.toolbox.sandbox;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.model.SandboxId;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The command that an image runs when a sandbox starts. It is an ordinary process, listed as a
/// session (docs/contract/sessions.md#the-entrypoint).
public final class Entrypoint {
  /// The session's name for clients.
  public static final String SESSION = "entrypoint";

  /// Its one command's id for clients.
  public static final String COMMAND = "entrypoint_command";

  /// The agent's id of the process.
  public static final String PROCESS = "session:entrypoint";

  private static final Logger LOGGER = LoggerFactory.getLogger(Entrypoint.class);

  private Entrypoint() {}

  /// Starts it. When it cannot be executed the sandbox runs without it, and the reason is logged.
  ///
  /// @param command empty when the image has none
  public static void start(SandboxId id, AgentProcesses processes, List<String> command) {
    if (command.isEmpty()) {
      return;
    }
    try {
      var _ = processes.start(ProcessStart.of(PROCESS, command));
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.ALREADY_EXISTS) {
        LOGGER
            .atWarn()
            .addKeyValue("sandboxId", id)
            .addKeyValue("reason", failure.sentence())
            .log("the image's entrypoint does not start");
      }
    }
  }
}
