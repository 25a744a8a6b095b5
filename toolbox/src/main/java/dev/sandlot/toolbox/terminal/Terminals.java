package dev.sandlot.toolbox.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The terminals of sandboxes: interactive login shells that the agent keeps. A terminal exists as
/// long as its shell runs. Thread-safe. Independent of HTTP.
public final class Terminals {
  private static final int KEY_BYTES = 16;

  private final TerminalLimits limits;

  public Terminals(TerminalLimits limits) {
    this.limits = limits;
  }

  /// Starts a terminal.
  ///
  /// @throws OperationFailure CONFLICT when a terminal of that name exists
  public Terminal create(RunningSandbox sandbox, TerminalRequest request)
      throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    if (processes.list(Terminal.KIND, true).size() >= limits.terminalsMax()) {
      throw new OperationFailure(
          ErrorCode.UNPROCESSABLE_ENTITY,
          "unprocessable entity: the sandbox has "
              + limits.terminalsMax()
              + " terminals, which is the limit; delete some");
    }
    String id = process(request.id());
    Optional<ProcessStatus> before = processes.find(id);
    if (before.isPresent() && before.get().running()) {
      throw nameConflict(request.id());
    }
    if (before.isPresent()) {
      processes.remove(id, false);
    }
    ProcessStart start =
        ProcessStart.of(id, List.of(sandbox.account().shell(), "-i", "-l"))
            .terminal(request.size())
            .workingDirectory(request.directory())
            .environment(request.environment())
            .keepBytes(limits.logBytesMax())
            .endDescendants()
            .label(Terminal.NAME, request.id())
            .label(
                Terminal.DIRECTORY,
                request.directory().isEmpty()
                    ? sandbox.account().workingDirectory()
                    : request.directory())
            .label(Terminal.LAZY, Boolean.toString(request.lazy()));
    Terminal.KIND.forEach(start::label);
    Terminal.environmentLabels(request.environment()).forEach(start::label);
    try {
      return new Terminal(processes.start(start));
    } catch (AgentFailure failure) {
      throw failure.kind() == Kind.ALREADY_EXISTS ? nameConflict(request.id()) : failure;
    }
  }

  /// The terminals whose shell runs, in the order of their start.
  public List<Terminal> list(RunningSandbox sandbox) {
    return sandbox.agent().processes().list(Terminal.KIND, true).stream()
        .map(Terminal::new)
        .toList();
  }

  /// A terminal by its name; empty when its shell does not run.
  public Optional<Terminal> find(RunningSandbox sandbox, String name) {
    return sandbox
        .agent()
        .processes()
        .find(process(name))
        .filter(ProcessStatus::running)
        .map(Terminal::new);
  }

  /// Ends a terminal with all its descendants.
  public void delete(RunningSandbox sandbox, Terminal terminal) {
    AgentProcesses processes = sandbox.agent().processes();
    var _ = processes.label(terminal.process().id(), Map.of(Terminal.DELETED, "true"));
    processes.remove(terminal.process().id(), true);
  }

  /// Adds a viewer to a terminal.
  public TerminalViewer viewer(RunningSandbox sandbox, Terminal terminal) {
    return new TerminalViewer(sandbox.agent().processes(), terminal, limits);
  }

  /// The process id, with a hash of the name: names may hold any characters, ids may not.
  private static String process(String name) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
      return "terminal:" + HexFormat.of().formatHex(digest, 0, KEY_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  static OperationFailure unknown() {
    return ToolboxFailures.notFound("PTY session not found");
  }

  private static OperationFailure nameConflict(String name) {
    return new OperationFailure(
        ErrorCode.CONFLICT, "conflict: there is a terminal " + name + " already");
  }
}
