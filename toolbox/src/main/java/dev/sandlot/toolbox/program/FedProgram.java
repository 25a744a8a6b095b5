package dev.sandlot.toolbox.program;

import dev.sandlot.agentclient.process.ProcessRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A process that runs a text.
///
/// @param command program and arguments
/// @param text comes on {@link #DESCRIPTOR}, which the process closes before the text runs; empty
///   when it stands in the command
public record FedProgram(List<String> command, byte[] text) {
  /// Where a text comes that does not stand in the command.
  public static final int DESCRIPTOR = 3;

  /// An argument may have 128 KiB, and one of them may stand beside many.
  static final int ARGUMENT_BYTES_MAX = 100_000;

  public FedProgram {
    command = List.copyOf(command);
  }

  static FedProgram inCommand(List<String> command) {
    return new FedProgram(command, new byte[0]);
  }

  /// @param environment see {@link ProcessRequest}, and so for the others
  public ProcessRequest request(
      Map<String, String> environment, String workingDirectory, Duration timeLimit) {
    int descriptor = text.length == 0 ? 0 : DESCRIPTOR;
    return new ProcessRequest(command, text, descriptor, environment, workingDirectory, timeLimit);
  }
}
