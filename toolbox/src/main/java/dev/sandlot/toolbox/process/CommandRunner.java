package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.HeldRun;
import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunOutcome.Ending;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.warm.WarmProcesses;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs commands to their end (docs/contract/processes.md). Thread-safe. Knows nothing of HTTP:
/// whoever has a sandbox may call it.
public final class CommandRunner {
  private static final Logger LOGGER = LoggerFactory.getLogger(CommandRunner.class);

  private final ToolboxLimits limits;
  private final Path spoolFolder;
  private final WarmProcesses warm;

  /// @param spoolFolder where large outputs wait until they are read
  public CommandRunner(ToolboxLimits limits, Path spoolFolder, WarmProcesses warm) {
    this.limits = limits;
    this.spoolFolder = spoolFolder;
    this.warm = warm;
  }

  /// Blocks until the command has ended.
  ///
  /// The failure is a timeout (408 over HTTP) when its time limit has passed, and "unprocessable"
  /// when it wrote more than it may; both hold the beginning of its output. One that cannot be
  /// started is a result.
  ///
  /// @return to be closed
  public CommandResult run(RunningSandbox sandbox, Command command)
      throws IOException, InterruptedException {
    SpooledOutput output = new SpooledOutput(limits, spoolFolder);
    boolean kept = false;
    try {
      RunOutcome outcome = outcome(sandbox, command, output);
      if (outcome instanceof RunOutcome.Exited(_, Ending ending, _)
          && ending == Ending.TIME_LIMIT) {
        throw ToolboxFailures.timedOut(output.head());
      }
      kept = true;
      return new CommandResult(outcome, output);
    } catch (SpooledOutput.LimitPassed _) {
      throw ToolboxFailures.tooMuchOutput(limits.outputBytesMax(), output.head());
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure);
    } finally {
      if (!kept) {
        output.close();
      }
    }
  }

  private RunOutcome outcome(RunningSandbox sandbox, Command command, SpooledOutput output)
      throws IOException, InterruptedException {
    if (command.capture().isEmpty()) {
      return cleanedUp(sandbox, command, output);
    }
    OutputCapture capture = command.capture().get().apply(output);
    RunOutcome outcome = cleanedUp(sandbox, command, capture);
    capture.end();
    return outcome;
  }

  private RunOutcome cleanedUp(RunningSandbox sandbox, Command command, OutputSink sink)
      throws IOException, InterruptedException {
    boolean ended = false;
    try {
      RunOutcome outcome = waitingOrFresh(sandbox, command, sink);
      ended = outcome instanceof RunOutcome.Exited(_, Ending ending, _) && ending == Ending.EXIT;
      return outcome;
    } finally {
      if (!ended) {
        command.folder().ifPresent(folder -> remove(sandbox, folder));
      }
    }
  }

  private static void remove(RunningSandbox sandbox, String folder) {
    try {
      sandbox.agent().files().remove(folder, true);
    } catch (AgentFailure failure) {
      // It was killed before it made it, or has taken it away itself.
      LOGGER.atDebug().setCause(failure).addKeyValue("sandboxId", sandbox.id()).log("not removed");
    }
  }

  private RunOutcome waitingOrFresh(RunningSandbox sandbox, Command command, OutputSink sink)
      throws IOException, InterruptedException {
    ProcessRequest request = command.request();
    Optional<WarmProgram> program = command.program();
    if (program.isEmpty() || request.input().length > HeldRun.INPUT_BYTES_MAX) {
      return sandbox.agent().run(request, sink);
    }
    try {
      Optional<HeldRun> waiting = warm.take(sandbox, program.get());
      if (waiting.isEmpty()) {
        return sandbox.agent().run(request, sink);
      }
      return waiting.get().finish(request.input(), sink, request.timeLimit());
    } finally {
      warm.replenish(sandbox, program.get());
    }
  }
}
