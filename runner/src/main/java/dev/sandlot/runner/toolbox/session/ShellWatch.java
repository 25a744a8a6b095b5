package dev.sandlot.runner.toolbox.session;

import dev.sandlot.agentclient.AgentFailure;
import java.time.Duration;

/// While somebody follows a command with a process of its own: sees to it that this ends when the
/// shell does, since nobody else would end it.
final class ShellWatch implements AutoCloseable {
  /// For what ends by itself.
  static final ShellWatch NONE = new ShellWatch(Thread.ofVirtual().unstarted(() -> {}));

  private final Thread thread;

  private ShellWatch(Thread thread) {
    this.thread = thread;
  }

  static ShellWatch start(Session session) {
    return new ShellWatch(
        Thread.ofVirtual().name("session-shell").start(() -> settleAtTheEnd(session)));
  }

  private static void settleAtTheEnd(Session session) {
    try {
      if (session.processes().await(session.shell().id(), Duration.ZERO).isPresent()) {
        session.settle();
      }
    } catch (AgentFailure _) {
      // Nobody follows any more, or the session was deleted with all that was in it.
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
