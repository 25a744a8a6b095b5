package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentProcesses.Family;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.Entrypoint;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.session.Labels.Kind;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/// The sessions of sandboxes. Each is a shell that the agent keeps, with a second one that writes
/// the list of its commands and what was typed into them.
public final class Sessions {
  private static final int KEY_BYTES = 16;

  /// Nobody's commands run in the ledger: the smallest shell does.
  private static final List<String> LEDGER_SHELL = List.of("/bin/sh");

  private static final int SIGTERM = 15;
  private static final int SIGCONT = 18;
  private static final long GRACE_LOOK_MILLIS = 20;

  private final SessionLimits limits;

  public Sessions(SessionLimits limits) {
    this.limits = limits;
  }

  /// The id of the process that stands for a command.
  static String commandProcess(String key, String command) {
    return "session:" + key + ":" + command;
  }

  /// Starts a session.
  ///
  /// @param workingDirectory empty for the sandbox's
  /// @throws HttpFailure 409 when there is one of that name
  public void create(RunningSandbox sandbox, String name, String workingDirectory)
      throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    if (processes.list(Kind.SHELL.label(), false).size() >= limits.sessionsMax()) {
      throw new HttpFailure(
          422,
          "UNPROCESSABLE_ENTITY",
          "unprocessable entity: the sandbox has "
              + limits.sessionsMax()
              + " sessions, which is the limit; delete some");
    }
    String key = key(name);
    if (processes.find(shellProcess(key)).isPresent()) {
      throw taken(name);
    }
    String shell = ShellScript.shellFor(sandbox.account().shell());
    ProcessStatus ledger = startLedger(processes, key);
    try {
      ProcessStart start =
          ProcessStart.of(shellProcess(key), List.of(shell))
              .keepInputOpen()
              .workingDirectory(workingDirectory)
              .keepBytes(limits.sharedLogBytesMax())
              .label(Labels.NAME, name)
              .label(Labels.LEDGER, ledger.id());
      Labels.of(Kind.SHELL, key).forEach(start::label);
      var _ = processes.start(start);
    } catch (AgentFailure failure) {
      processes.remove(ledger.id(), true);
      throw failure.kind() == AgentFailure.Kind.ALREADY_EXISTS ? taken(name) : failure;
    }
  }

  private ProcessStatus startLedger(AgentProcesses processes, String key) {
    ProcessStart start =
        ProcessStart.of("session:" + key + ":ledger:" + UUID.randomUUID(), LEDGER_SHELL)
            .platform()
            .keepInputOpen()
            .keepBytes(limits.ledgerBytesMax());
    Labels.of(Kind.LEDGER, key).forEach(start::label);
    return processes.start(start);
  }

  /// All but the entrypoint's, by their start.
  List<Session> list(RunningSandbox sandbox) {
    AgentProcesses processes = sandbox.agent().processes();
    return processes.list(Kind.SHELL.label(), false).stream()
        .map(shell -> new Session(processes, shell.label(Labels.NAME), keyOf(shell), shell))
        .toList();
  }

  /// @throws HttpFailure 404 when there is none
  Session find(RunningSandbox sandbox, String name) {
    AgentProcesses processes = sandbox.agent().processes();
    String key = key(name);
    return processes
        .find(shellProcess(key))
        .map(shell -> new Session(processes, name, key, shell))
        .orElseThrow(() -> ToolboxFailures.notFound("session not found"));
  }

  /// Ends a session with all that descends from it: asks first, then kills.
  ///
  /// @throws HttpFailure 404 when there is none
  public void delete(RunningSandbox sandbox, String name) throws IOException, InterruptedException {
    Session session = find(sandbox, name);
    AgentProcesses processes = session.processes();
    String shell = session.shell().id();
    long deadline = System.nanoTime() + limits.graceMax().toNanos();
    boolean anybody = reached(processes, shell, SIGTERM);
    while (anybody && System.nanoTime() < deadline) {
      Thread.sleep(GRACE_LOOK_MILLIS);
      anybody = reached(processes, shell, SIGCONT);
    }
    processes.remove(shell, true);
    for (ProcessStatus process : processes.list(Labels.ofSession(session.key()), false)) {
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

  /// Whether a signal reached anybody of a shell's family.
  private static boolean reached(AgentProcesses processes, String shell, int signal) {
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

  /// Where the texts of a session's long commands lie.
  static String folder(RunningSandbox sandbox, String key)
      throws IOException, InterruptedException {
    return sandbox.account().home() + "/.daytona/sessions/" + key;
  }

  /// @throws HttpFailure 400 when a session cannot be called so
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

  /// A name may hold anything; the ids of processes may not.
  private static String key(String name) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, KEY_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static HttpFailure taken(String name) {
    return new HttpFailure(409, "CONFLICT", "conflict: there is a session " + name + " already");
  }
}
