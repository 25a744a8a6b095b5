package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.util.Optional;
import java.util.function.Function;

/// What is to be run.
///
/// @param program that may serve it by a process that waits; empty when only a fresh one would see
///   what the call gives it
/// @param capture makes what takes something out of its output, given where the rest goes
/// @param folder that it leaves behind when it is killed
public record Command(
    ProcessRequest request,
    Optional<WarmProgram> program,
    Optional<Function<OutputSink, OutputCapture>> capture,
    Optional<String> folder) {
  /// One that runs as it is given, without a process that waits for it.
  public static Command of(ProcessRequest request) {
    return new Command(request, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// A process that was started before has the sandbox's environment and working directory: it
  /// serves calls that give none of their own.
  ///
  /// @return the program, or empty when the request gives some
  public static Optional<WarmProgram> servedBy(WarmProgram program, ProcessRequest request) {
    return request.environment().isEmpty() && request.workingDirectory().isEmpty()
        ? Optional.of(program)
        : Optional.empty();
  }
}
