package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.util.Optional;
import java.util.function.Function;

/// A command to run.
///
/// @param program whose waiting process may run it; empty when only a fresh process can
/// @param capture creates a filter of its output, given where the rest of the output goes
/// @param folder temporary folder that it leaves behind when it is killed
public record Command(
    ProcessRequest request,
    Optional<WarmProgram> program,
    Optional<Function<OutputSink, OutputCapture>> capture,
    Optional<String> folder) {
  /// A command that runs in a fresh process, without a filter.
  public static Command of(ProcessRequest request) {
    return new Command(request, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// A waiting process has the sandbox's environment and working directory, so it can run only
  /// requests without their own.
  ///
  /// @return the program, or empty when the request has variables or a working directory
  public static Optional<WarmProgram> warmFor(WarmProgram program, ProcessRequest request) {
    return request.environment().isEmpty() && request.workingDirectory().isEmpty()
        ? Optional.of(program)
        : Optional.empty();
  }
}
