package dev.sandlot.agentclient.process;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A process to be run to its end.
///
/// @param command program and arguments; a name without a slash is looked up in PATH
/// @param input all that it is given, at most {@link #INPUT_BYTES_MAX}
/// @param inputDescriptor on which it is given that; on another one than 0, standard input is
///   `/dev/null`. An agent of an older build gives it on standard input all the same
/// @param environment on top of the sandbox's
/// @param workingDirectory empty for the sandbox's; relative ones are below it
/// @param timeLimit zero for none
public record ProcessRequest(
    List<String> command,
    byte[] input,
    int inputDescriptor,
    Map<String, String> environment,
    String workingDirectory,
    Duration timeLimit) {
  /// The agent's limit.
  public static final int INPUT_BYTES_MAX = 4_000_000;

  /// With standard input for its input.
  public ProcessRequest(
      List<String> command,
      byte[] input,
      Map<String, String> environment,
      String workingDirectory,
      Duration timeLimit) {
    this(command, input, 0, environment, workingDirectory, timeLimit);
  }

  public ProcessRequest {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    if (input.length > INPUT_BYTES_MAX) {
      throw new IllegalArgumentException("the input is larger than " + INPUT_BYTES_MAX + " bytes");
    }
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "ProcessRequest[workingDirectory=" + workingDirectory + ", timeLimit=" + timeLimit + "]";
  }
}
