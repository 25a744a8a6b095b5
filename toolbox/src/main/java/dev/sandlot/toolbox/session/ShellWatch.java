package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// While somebody follows a command: sees to it that this ends when the shell does or has moved on,
/// also where the shell does not tell.
final class ShellWatch implements AutoCloseable {
  /// For what ends by itself.
  static final ShellWatch NONE = new ShellWatch(List.of());

  private static final int SIGKILL = 9;
  private static final long LOOK_MILLIS = 1_000;
  private static final int IDLE_LOOKS = 3;

  /// For the shell to end it itself.
  private static final long PLACEHOLDER_MILLIS = 200;

  private final List<Thread> threads;

  private ShellWatch(List<Thread> threads) {
    this.threads = threads;
  }

  private static ShellWatch of(Runnable... watches) {
    return new ShellWatch(
        Stream.of(watches)
            .map(watch -> Thread.ofVirtual().name("session-shell").start(watch))
            .toList());
  }

  /// Over a command.
  ///
  /// @param ledgerOffset where the list of commands cannot tell its end before
  static ShellWatch over(Session session, SessionCommand command, long ledgerOffset) {
    return switch (command.source()) {
      case SessionCommand.Source.Shared _ ->
          of(() -> endWhenOnlyReading(session, command.id(), ledgerOffset));
      case SessionCommand.Source.Separate(ProcessStatus process) ->
          of(
              () -> settleAtTheEnd(session),
              () -> endBehind(session, command.id(), process, ledgerOffset),
              () -> endWhenOnlyReading(session, command.id(), ledgerOffset));
    };
  }

  /// Bash goes on reading commands after `set -n` and runs none: it has read all that it was given,
  /// and has not told the end. Such a shell is of no use any more, and is ended.
  private static void endWhenOnlyReading(Session session, String id, long ledgerOffset) {
    if (!ShellScript.of(session.shellName()).bash()) {
      return;
    }
    String shell = session.shell().id();
    String ledger = session.shell().label(Labels.LEDGER);
    try {
      int idle = 0;
      while (idle < IDLE_LOOKS) {
        Thread.sleep(LOOK_MILLIS);
        ProcessStatus status = session.processes().get(shell);
        if (!status.running()) {
          return;
        }
        idle = status.inputWaiting().equals(OptionalLong.of(0)) ? idle + 1 : 0;
      }
      // A follower may be slow, and the command have ended long ago.
      if (Ledger.read(session.processes(), ledger, ledgerOffset).status(id).isEmpty()) {
        session.processes().signal(shell, SIGKILL, AgentProcesses.Family.PROCESS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (AgentFailure | IOException _) {
      // The session was deleted, or its shell has just ended.
    }
  }

  /// Nobody else would end the processes that stand for commands then.
  private static void settleAtTheEnd(Session session) {
    try {
      if (session.processes().await(session.shell().id(), Duration.ZERO).isPresent()) {
        session.settle();
      }
    } catch (AgentFailure _) {
      // Nobody follows any more, or the session was deleted with all that was in it.
    }
  }

  /// The shell may have been made unable to end the process that stands for the command.
  private static void endBehind(
      Session session, String id, ProcessStatus process, long ledgerOffset) {
    AgentProcesses processes = session.processes();
    try {
      String ledger = session.shell().label(Labels.LEDGER);
      if (Ledger.follow(processes, ledger, id, ledgerOffset).isPresent()) {
        Thread.sleep(PLACEHOLDER_MILLIS);
        processes.signal(process.id(), SIGKILL, AgentProcesses.Family.PROCESS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (AgentFailure | IOException _) {
      // It has ended, or nobody follows any more.
    }
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
  }
}
