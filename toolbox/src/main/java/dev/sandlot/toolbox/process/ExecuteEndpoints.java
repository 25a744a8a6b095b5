package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.program.ShellText;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// `/process/execute`.
public final class ExecuteEndpoints {
  private final CommandRunner commands;
  private final ToolboxLimits limits;

  public ExecuteEndpoints(CommandRunner commands, ToolboxLimits limits) {
    this.commands = commands;
    this.limits = limits;
  }

  /// Runs a command with empty standard input; the shell reads the command elsewhere
  /// (docs/adr/0013).
  public void execute(Exchange exchange) throws IOException, InterruptedException {
    ExecuteRequest body = ExecuteRequest.read(Calls.body(exchange, limits), limits);
    RunningSandbox sandbox = Calls.sandbox(exchange);
    String shell = sandbox.account().shell();
    ProcessRequest request =
        ShellText.of(shell, body.command())
            .request(body.environment(), body.directory(), body.timeout());
    Optional<WarmProgram> program =
        ShellText.waits(shell)
            ? Command.warmFor(new WarmProgram.Shell(shell), request)
            : Optional.empty();
    Command whole = new Command(request, program, Optional.empty(), Optional.empty());
    try (CommandResult result = commands.run(sandbox, whole)) {
      CommandAnswer.send(exchange, result, Map.of());
    }
  }
}
