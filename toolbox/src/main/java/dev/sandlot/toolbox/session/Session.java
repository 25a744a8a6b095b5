package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.toolbox.session.ProcessLabels.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A session, with its shell's state at the time of the look-up.
///
/// @param key hash of its name, used in the ids of its processes
record Session(AgentProcesses processes, String name, String key, ProcessStatus shell) {
  private static final int SIGKILL = 9;

  /// The name under which the shell was started.
  String shellName() {
    return String.join(" ", shell.command());
  }

  /// How the shell has ended; empty while the session exists.
  Optional<ProcessEnd> end() {
    return shell.end();
  }

  /// The commands in the order in which they were sent. They are sorted by the shell's output
  /// offset, which grows with each command that writes marks to the shell's streams.
  List<SessionCommand> commands() throws IOException {
    Ledger ledger = ledger();
    List<SessionCommand> all = new ArrayList<>();
    for (ProcessStatus process : processes.list(ProcessLabels.of(Kind.COMMAND, key), false)) {
      all.add(separate(ledger, process));
    }
    ledger.started().forEach((id, started) -> all.add(shared(ledger, id, started)));
    all.sort(Comparator.comparingLong(Session::offset));
    return all;
  }

  private static long offset(SessionCommand command) {
    return switch (command.source()) {
      case SessionCommand.Source.Shared(Ledger.Started started) -> started.outputOffset();
      case SessionCommand.Source.Separate(ProcessStatus process) -> offset(process);
    };
  }

  private static long offset(ProcessStatus process) {
    try {
      return Long.parseLong(process.label(ProcessLabels.OFFSET));
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  /// A command by its id.
  Optional<SessionCommand> command(String id) throws IOException {
    Optional<ProcessStatus> process =
        processes.find(Sessions.commandProcess(key, id)).filter(Kind.COMMAND::of);
    Ledger ledger = ledger();
    if (process.isPresent()) {
      return Optional.of(separate(ledger, process.get()));
    }
    return Optional.ofNullable(ledger.started().get(id))
        .map(started -> shared(ledger, id, started));
  }

  private SessionCommand shared(Ledger ledger, String id, Ledger.Started started) {
    return new SessionCommand(
        id, started.text(), status(ledger, id), new SessionCommand.Source.Shared(started));
  }

  private SessionCommand separate(Ledger ledger, ProcessStatus process) {
    String id = process.label(ProcessLabels.COMMAND);
    return new SessionCommand(
        id,
        process.label(ProcessLabels.TEXT),
        status(ledger, id),
        new SessionCommand.Source.Separate(process));
  }

  /// The status of a command. One that has ended its shell has the shell's status, as have the
  /// commands queued after it.
  private OptionalInt status(Ledger ledger, String id) {
    OptionalInt status = ledger.status(id);
    return status.isEmpty() && end().isPresent() ? OptionalInt.of(end().get().shellCode()) : status;
  }

  Ledger ledger() throws IOException {
    return Ledger.read(processes, shell.label(ProcessLabels.LEDGER));
  }

  /// Opens the output of a command.
  ///
  /// @param follow whether to go on until the command has ended
  CommandOutput open(SessionCommand command, boolean follow) {
    return switch (command.source()) {
      case SessionCommand.Source.Shared(Ledger.Started started) ->
          new CommandOutput.Shared(
              processes.read(
                  shell.id(),
                  new OutputRequest(
                      true, true, started.outputOffset(), started.errorOffset(), follow)),
              command.id(),
              shellName(),
              started);
      case SessionCommand.Source.Separate(ProcessStatus process) ->
          CommandOutput.of(processes.read(process.id(), OutputRequest.all(follow)));
    };
  }

  /// To be called when the shell has ended: kills the placeholders that it would have ended.
  void killPlaceholders() {
    for (ProcessStatus process : processes.list(ProcessLabels.of(Kind.COMMAND, key), true)) {
      try {
        processes.signal(process.id(), SIGKILL, AgentProcesses.Family.PROCESS);
      } catch (AgentFailure _) {
        // It has just ended.
      }
    }
  }
}
