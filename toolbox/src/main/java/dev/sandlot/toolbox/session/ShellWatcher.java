package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// Ends the following of a command when the shell has ended or the command has, even where the
/// shell does not report it.
final class ShellWatcher implements AutoCloseable {
  /// Watches nothing, for output that ends by itself.
  static final ShellWatcher NONE = new ShellWatcher(List.of());

  private static final int SIGKILL = 9;
  private static final long POLL_MILLIS = 1_000;
  private static final int IDLE_POLLS_MAX = 3;

  /// How long the shell may take to end the placeholder.
  private static final long PLACEHOLDER_GRACE_MILLIS = 200;

  private final List<Thread> threads;

  private ShellWatcher(List<Thread> threads) {
    this.threads = threads;
  }

  private static ShellWatcher of(Runnable... watches) {
    return new ShellWatcher(
        Stream.of(watches)
            .map(watch -> Thread.ofVirtual().name("session-shell").start(watch))
            .toList());
  }

  /// Starts to watch a command.
  ///
  /// @param ledgerOffset from which on its end is searched in the ledger
  static ShellWatcher start(Session session, SessionCommand command, long ledgerOffset) {
    return switch (command.source()) {
      case SessionCommand.Source.Shared _ ->
          of(() -> killShellThatRunsNothing(session, command.id(), ledgerOffset));
      case SessionCommand.Source.Separate(ProcessStatus process) ->
          of(
              () -> killPlaceholdersWhenShellEnds(session),
              () -> killPlaceholderWhenCommandEnds(session, command.id(), process, ledgerOffset),
              () -> killShellThatRunsNothing(session, command.id(), ledgerOffset));
    };
  }

  /// Kills a shell after `set -n`: bash then reads commands without running them, so it has read
  /// all its input and does not report the command's end. Such a shell cannot be used any more.
  private static void killShellThatRunsNothing(Session session, String id, long ledgerOffset) {
    if (!ShellScript.of(session.shellName()).bash()) {
      return;
    }
    String shell = session.shell().id();
    String ledger = session.shell().label(ProcessLabels.LEDGER);
    try {
      int idle = 0;
      while (idle < IDLE_POLLS_MAX) {
        Thread.sleep(POLL_MILLIS);
        ProcessStatus status = session.processes().get(shell);
        if (!status.running()) {
          return;
        }
        idle = status.inputWaiting().equals(OptionalLong.of(0)) ? idle + 1 : 0;
      }
      // The client may read slowly, and the command may have ended long ago.
      if (Ledger.read(session.processes(), ledger, ledgerOffset).status(id).isEmpty()) {
        session.processes().signal(shell, SIGKILL, AgentProcesses.Family.PROCESS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (AgentFailure | IOException _) {
      // The session was deleted, or its shell has just ended.
    }
  }

  /// Kills the placeholders when the shell has ended, since it cannot do so any more.
  private static void killPlaceholdersWhenShellEnds(Session session) {
    try {
      if (session.processes().await(session.shell().id(), Duration.ZERO).isPresent()) {
        session.killPlaceholders();
      }
    } catch (AgentFailure _) {
      // The client has disconnected, or the session was deleted.
    }
  }

  /// Kills the placeholder after the command's end: a command can make the shell unable to do so.
  private static void killPlaceholderWhenCommandEnds(
      Session session, String id, ProcessStatus process, long ledgerOffset) {
    AgentProcesses processes = session.processes();
    try {
      String ledger = session.shell().label(ProcessLabels.LEDGER);
      if (Ledger.follow(processes, ledger, id, ledgerOffset).isPresent()) {
        Thread.sleep(PLACEHOLDER_GRACE_MILLIS);
        processes.signal(process.id(), SIGKILL, AgentProcesses.Family.PROCESS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (AgentFailure | IOException _) {
      // It has ended, or the client has disconnected.
    }
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
  }
}
