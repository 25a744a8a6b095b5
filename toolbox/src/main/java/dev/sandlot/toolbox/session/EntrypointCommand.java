package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.toolbox.sandbox.Entrypoint;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// The image's entrypoint, as the only command of its session.
final class EntrypointCommand {
  private EntrypointCommand() {}

  static SessionCommand of(ProcessStatus process) {
    String text =
        process.command().stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    OptionalInt status = process.end().stream().mapToInt(ProcessEnd::shellCode).findFirst();
    return new SessionCommand(
        Entrypoint.COMMAND, text, status, new SessionCommand.Source.Separate(process));
  }
}
