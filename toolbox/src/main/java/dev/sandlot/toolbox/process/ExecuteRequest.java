package dev.sandlot.toolbox.process;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.call.Variables;
import java.time.Duration;
import java.util.Map;

/// A request to run a command.
///
/// @param directory working directory; empty for the sandbox's
/// @param timeout zero for none
record ExecuteRequest(
    String command, String directory, Map<String, String> environment, Duration timeout) {
  ExecuteRequest {
    environment = Map.copyOf(environment);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static ExecuteRequest read(BodyReader body, ToolboxLimits limits) {
    String command = body.requiredRawText("command");
    if (command.isBlank()) {
      throw body.refused("command", "is required and must be a string that is not blank");
    }
    return new ExecuteRequest(
        Calls.command(command, "command", limits),
        body.rawText("cwd").orElse(""),
        Variables.read(body, "envs"),
        body.seconds("timeout").orElse(Duration.ZERO));
  }

  /// Leaves out what may be secret.
  @Override
  public String toString() {
    return "ExecuteRequest[directory=" + directory + ", timeout=" + timeout + "]";
  }
}
