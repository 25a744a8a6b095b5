package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.HeldRun;
import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunOutcome.Ending;
import dev.sandlot.model.OperationFailure;
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

/// Runs commands to their end (docs/contract/processes.md). Thread-safe. Independent of HTTP.
public final class CommandRunner {
  private static final Logger LOGGER = LoggerFactory.getLogger(CommandRunner.class);

  private final ToolboxLimits limits;
  private final Path spoolFolder;
  private final WarmProcesses warm;

  /// @param spoolFolder for temporary files with large outputs
  public CommandRunner(ToolboxLimits limits, Path spoolFolder, WarmProcesses warm) {
    this.limits = limits;
    this.spoolFolder = spoolFolder;
    this.warm = warm;
  }

  /// Runs a command and blocks until it has ended. A command that cannot be started is a result, no
  /// failure.
  ///
  /// @return the result, to be closed
  /// @throws OperationFailure REQUEST_TIMEOUT when its time limit is over, 422 when it wrote too
  ///   much; both carry the beginning of its output
  public CommandResult run(RunningSandbox sandbox, Command command)
      throws IOException, InterruptedException {
    SpooledOutput output = new SpooledOutput(limits, spoolFolder);
    boolean returned = false;
    try {
      RunOutcome outcome = outcome(sandbox, command, output);
      if (outcome instanceof RunOutcome.Exited(_, Ending ending, _)
          && ending == Ending.TIME_LIMIT) {
        throw ToolboxFailures.timedOut(output.head());
      }
      returned = true;
      return new CommandResult(outcome, output);
    } catch (SpooledOutput.LimitExceeded _) {
      throw ToolboxFailures.tooMuchOutput(limits.outputBytesMax(), output.head());
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure);
    } finally {
      if (!returned) {
        output.close();
      }
    }
  }

  private RunOutcome outcome(RunningSandbox sandbox, Command command, SpooledOutput output)
      throws IOException, InterruptedException {
    if (command.capture().isEmpty()) {
      return runAndCleanUp(sandbox, command, output);
    }
    OutputCapture capture = command.capture().get().apply(output);
    RunOutcome outcome = runAndCleanUp(sandbox, command, capture);
    capture.end();
    return outcome;
  }

  private RunOutcome runAndCleanUp(RunningSandbox sandbox, Command command, OutputSink sink)
      throws IOException, InterruptedException {
    boolean ended = false;
    try {
      RunOutcome outcome = runWarmOrFresh(sandbox, command, sink);
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
      // The command was killed before it made the folder, or has removed it.
      LOGGER.atDebug().setCause(failure).addKeyValue("sandboxId", sandbox.id()).log("not removed");
    }
  }

  private RunOutcome runWarmOrFresh(RunningSandbox sandbox, Command command, OutputSink sink)
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
