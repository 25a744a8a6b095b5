package dev.sandlot.toolbox.program;

import dev.sandlot.agentclient.process.ProcessRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A process that runs a script.
///
/// @param command program and arguments
/// @param text the script, read from {@link #DESCRIPTOR}, which the process closes before the
///   script runs; empty when the script is an argument
public record ScriptProcess(List<String> command, byte[] text) {
  /// The descriptor from which a script is read that is not an argument.
  public static final int DESCRIPTOR = 3;

  /// Linux allows 128 KiB for one argument; there must be room for the others.
  static final int ARGUMENT_BYTES_MAX = 100_000;

  public ScriptProcess {
    command = List.copyOf(command);
  }

  static ScriptProcess inCommand(List<String> command) {
    return new ScriptProcess(command, new byte[0]);
  }

  /// The request that starts it; parameters as in {@link ProcessRequest}.
  public ProcessRequest request(
      Map<String, String> environment, String workingDirectory, Duration timeLimit) {
    int descriptor = text.length == 0 ? 0 : DESCRIPTOR;
    return new ProcessRequest(command, text, descriptor, environment, workingDirectory, timeLimit);
  }
}
