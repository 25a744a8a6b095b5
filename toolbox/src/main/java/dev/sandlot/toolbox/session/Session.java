package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.toolbox.session.Labels.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A session as it was when it was looked up.
///
/// @param key stands for its name in the ids of its processes
record Session(AgentProcesses processes, String name, String key, ProcessStatus shell) {
  private static final int SIGKILL = 9;

  /// By which name the shell was started.
  String shellName() {
    return String.join(" ", shell.command());
  }

  /// How the shell has ended; then the session has too.
  Optional<ProcessEnd> end() {
    return shell.end();
  }

  /// Commands in the order in which they were given: a shared one makes the shell write, so
  /// whatever is given later finds it further.
  List<SessionCommand> commands() throws IOException {
    Ledger ledger = ledger();
    List<SessionCommand> all = new ArrayList<>();
    for (ProcessStatus process : processes.list(Labels.of(Kind.COMMAND, key), false)) {
      all.add(separate(ledger, process));
    }
    ledger.begun().forEach((id, begun) -> all.add(shared(ledger, id, begun)));
    all.sort(Comparator.comparingLong(Session::offset));
    return all;
  }

  private static long offset(SessionCommand command) {
    return switch (command.source()) {
      case SessionCommand.Source.Shared(Ledger.Begun begun) -> begun.outputOffset();
      case SessionCommand.Source.Separate(ProcessStatus process) -> offset(process);
    };
  }

  private static long offset(ProcessStatus process) {
    try {
      return Long.parseLong(process.label(Labels.OFFSET));
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
    return Optional.ofNullable(ledger.begun().get(id)).map(begun -> shared(ledger, id, begun));
  }

  private SessionCommand shared(Ledger ledger, String id, Ledger.Begun begun) {
    return new SessionCommand(
        id, begun.text(), status(ledger, id), new SessionCommand.Source.Shared(begun));
  }

  private SessionCommand separate(Ledger ledger, ProcessStatus process) {
    String id = process.label(Labels.COMMAND);
    return new SessionCommand(
        id,
        process.label(Labels.TEXT),
        status(ledger, id),
        new SessionCommand.Source.Separate(process));
  }

  /// A command that has ended its shell has the shell's status, and so have those that wait for it.
  private OptionalInt status(Ledger ledger, String id) {
    OptionalInt status = ledger.status(id);
    return status.isEmpty() && end().isPresent() ? OptionalInt.of(end().get().shellCode()) : status;
  }

  Ledger ledger() throws IOException {
    return Ledger.read(processes, shell.label(Labels.LEDGER));
  }

  /// Opens what a command writes.
  ///
  /// @param follow until it has ended
  CommandOutput open(SessionCommand command, boolean follow) {
    return switch (command.source()) {
      case SessionCommand.Source.Shared(Ledger.Begun begun) ->
          new CommandOutput.Shared(
              processes.read(
                  shell.id(),
                  new OutputRequest(true, true, begun.outputOffset(), begun.errorOffset(), follow)),
              command.id(),
              shellName(),
              begun);
      case SessionCommand.Source.Separate(ProcessStatus process) ->
          CommandOutput.of(processes.read(process.id(), OutputRequest.all(follow)));
    };
  }

  /// The shell is gone: nobody will end the processes that stand for its commands.
  void settle() {
    for (ProcessStatus process : processes.list(Labels.of(Kind.COMMAND, key), true)) {
      try {
        processes.signal(process.id(), SIGKILL, AgentProcesses.Family.PROCESS);
      } catch (AgentFailure _) {
        // It has just ended.
      }
    }
  }
}
