package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentProcesses.Family;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.Entrypoint;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.session.ProcessLabels.Kind;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/// The sessions of sandboxes. Each is a shell that the agent keeps, with a second shell, the
/// ledger, which holds the list of commands and writes echoed input to their logs.
public final class Sessions {
  private static final int KEY_BYTES = 16;

  /// No commands of users run in the ledger, so the smallest shell is used.
  private static final List<String> LEDGER_SHELL = List.of("/bin/sh");

  private static final int SIGTERM = 15;
  private static final int SIGCONT = 18;
  private static final long GRACE_POLL_MILLIS = 20;

  private final SessionLimits limits;

  public Sessions(SessionLimits limits) {
    this.limits = limits;
  }

  /// The id of a command's placeholder process.
  static String commandProcess(String key, String command) {
    return "session:" + key + ":" + command;
  }

  /// Starts a session.
  ///
  /// @param workingDirectory empty for the sandbox's
  /// @throws OperationFailure CONFLICT when a session of that name exists
  public void create(RunningSandbox sandbox, String name, String workingDirectory)
      throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    if (processes.list(Kind.SHELL.label(), false).size() >= limits.sessionsMax()) {
      throw new OperationFailure(
          ErrorCode.UNPROCESSABLE_ENTITY,
          "unprocessable entity: the sandbox has "
              + limits.sessionsMax()
              + " sessions, which is the limit; delete some");
    }
    String key = key(name);
    if (processes.find(shellProcess(key)).isPresent()) {
      throw nameConflict(name);
    }
    String shell = ShellScript.shellFor(sandbox.account().shell());
    ProcessStatus ledger = startLedger(processes, key);
    try {
      ProcessStart start =
          ProcessStart.of(shellProcess(key), List.of(shell))
              .keepInputOpen()
              .workingDirectory(workingDirectory)
              .keepBytes(limits.sharedLogBytesMax())
              .label(ProcessLabels.NAME, name)
              .label(ProcessLabels.LEDGER, ledger.id());
      ProcessLabels.of(Kind.SHELL, key).forEach(start::label);
      var _ = processes.start(start);
    } catch (AgentFailure failure) {
      processes.remove(ledger.id(), true);
      throw failure.kind() == AgentFailure.Kind.ALREADY_EXISTS ? nameConflict(name) : failure;
    }
  }

  private ProcessStatus startLedger(AgentProcesses processes, String key) {
    ProcessStart start =
        ProcessStart.of("session:" + key + ":ledger:" + UUID.randomUUID(), LEDGER_SHELL)
            .platform()
            .keepInputOpen()
            .keepBytes(limits.ledgerBytesMax());
    ProcessLabels.of(Kind.LEDGER, key).forEach(start::label);
    return processes.start(start);
  }

  /// All sessions but the entrypoint's, in the order of their start.
  List<Session> list(RunningSandbox sandbox) {
    AgentProcesses processes = sandbox.agent().processes();
    return processes.list(Kind.SHELL.label(), false).stream()
        .map(shell -> new Session(processes, shell.label(ProcessLabels.NAME), keyOf(shell), shell))
        .toList();
  }

  /// @throws OperationFailure NOT_FOUND when there is none
  Session find(RunningSandbox sandbox, String name) {
    AgentProcesses processes = sandbox.agent().processes();
    String key = key(name);
    return processes
        .find(shellProcess(key))
        .map(shell -> new Session(processes, name, key, shell))
        .orElseThrow(() -> ToolboxFailures.notFound("session not found"));
  }

  /// Ends a session with all its descendants: SIGTERM first, SIGKILL after the grace period.
  ///
  /// @throws OperationFailure NOT_FOUND when there is none
  public void delete(RunningSandbox sandbox, String name) throws IOException, InterruptedException {
    Session session = find(sandbox, name);
    AgentProcesses processes = session.processes();
    String shell = session.shell().id();
    long deadline = System.nanoTime() + limits.graceMax().toNanos();
    boolean alive = signalled(processes, shell, SIGTERM);
    while (alive && System.nanoTime() < deadline) {
      Thread.sleep(GRACE_POLL_MILLIS);
      alive = signalled(processes, shell, SIGCONT);
    }
    processes.remove(shell, true);
    for (ProcessStatus process : processes.list(ProcessLabels.ofSession(session.key()), false)) {
      processes.remove(process.id(), process.running());
    }
    try {
      sandbox.agent().files().remove(folder(sandbox, session.key()), true);
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.NOT_FOUND) {
        throw failure;
      }
    }
  }

  /// Sends a signal to the descendants of a shell.
  ///
  /// @return false when there are none
  private static boolean signalled(AgentProcesses processes, String shell, int signal) {
    try {
      processes.signal(shell, signal, Family.DESCENDANTS);
      return true;
    } catch (AgentFailure failure) {
      if (failure.is("ESRCH") || failure.kind() == AgentFailure.Kind.NOT_FOUND) {
        return false;
      }
      throw failure;
    }
  }

  /// The folder with the texts of a session's long commands.
  static String folder(RunningSandbox sandbox, String key)
      throws IOException, InterruptedException {
    return sandbox.account().home() + "/.daytona/sessions/" + key;
  }

  /// @throws OperationFailure BAD_REQUEST when it is no valid name of a session
  void checkName(String name) {
    if (name.equals(Entrypoint.SESSION)) {
      throw ToolboxFailures.badRequest(
          "the session " + Entrypoint.SESSION + " is the image's own; choose another sessionId");
    }
    if (name.getBytes(UTF_8).length > limits.idBytesMax() || name.indexOf('\0') >= 0) {
      throw ToolboxFailures.badRequest(
          "sessionId must be at most " + limits.idBytesMax() + " bytes without NUL");
    }
  }

  private static String shellProcess(String key) {
    return "session:" + key;
  }

  private static String keyOf(ProcessStatus shell) {
    return shell.id().substring(shell.id().indexOf(':') + 1);
  }

  /// A hash of the name: names may hold any characters, ids of processes may not.
  private static String key(String name) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, KEY_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static OperationFailure nameConflict(String name) {
    return new OperationFailure(
        ErrorCode.CONFLICT, "conflict: there is a session " + name + " already");
  }
}
