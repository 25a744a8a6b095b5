package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.BodyReader;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.session.ShellScript.Body;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.UUID;

/// Runs a command in a session's shell.
///
/// A command whose caller waits for its end writes to the shell's own streams; no process is made
/// for it. A command that starts a background job or reads input gets a placeholder: a process that
/// only holds pipes, so that its output is separate from that of other commands.
final class Execution {
  /// Sleeps until it is killed.
  private static final List<String> PLACEHOLDER = List.of("sleep", "2147483647");

  private static final int FILE_MODE = 0600;
  private static final int FOLDER_MODE = 0700;

  private final RunningSandbox sandbox;
  private final Session session;
  private final SessionLimits limits;
  private final AgentProcesses processes;
  private final String id = UUID.randomUUID().toString();
  private long ledgerOffset;

  Execution(RunningSandbox sandbox, Session session, SessionLimits limits) {
    this.sandbox = sandbox;
    this.session = session;
    this.limits = limits;
    this.processes = session.processes();
  }

  /// A command to run.
  ///
  /// @param interactive whether the command reads what is sent to it; otherwise its input is empty
  /// @param echo whether what is sent to it shows in its log
  record Request(String text, boolean interactive, boolean echo) {
    /// @throws RuntimeException the body's refusal of what does not fit
    static Request read(BodyReader body, ToolboxLimits limits) {
      String text = body.requiredRawText("command");
      if (text.isBlank()) {
        throw body.refused("command", "is required and must be a string that is not blank");
      }
      if (text.indexOf('\0') >= 0) {
        throw body.refused("command", "holds a NUL character");
      }
      return new Request(
          Calls.command(text, "command", limits),
          body.flag("runAsync").orElse(false) || body.flag("async").orElse(false),
          !body.flag("suppressInputEcho").orElse(false));
    }

    /// Leaves out what may be secret.
    @Override
    public String toString() {
      return "Request[interactive=" + interactive + ", echo=" + echo + "]";
    }
  }

  String id() {
    return id;
  }

  /// The size of the ledger when the command was sent to the shell.
  long ledgerOffset() {
    return ledgerOffset;
  }

  /// Sends the command to the shell, which runs it after all that were sent before.
  ///
  /// @throws OperationFailure GONE when the shell has ended
  SessionCommand.Source begin(Request request) throws IOException, InterruptedException {
    if (session.end().isPresent()) {
      throw ended();
    }
    boolean separate = request.interactive() || startsBackgroundJob(request.text());
    Body body = body(request.text());
    ShellScript script = ShellScript.of(session.shellName());
    String listedText = truncated(request.text());
    ProcessStatus ledger = processes.get(session.shell().label(ProcessLabels.LEDGER));
    ledgerOffset = ledger.outputBytes();
    if (separate) {
      ProcessStatus process = placeholder(request, listedText);
      byte[] input = script.separate(id, body, process.pid(), request.interactive(), ledger.pid());
      writeToShell(input, process.id());
      return new SessionCommand.Source.Separate(process);
    }
    long output = session.shell().outputBytes();
    long error = session.shell().errorBytes();
    ShellScript.Shared shared = new ShellScript.Shared(id, output, error, listedText);
    writeToShell(script.shared(shared, body, ledger.pid()), "");
    return new SessionCommand.Source.Shared(new Ledger.Started(output, error, listedText));
  }

  private Body body(String text) throws IOException, InterruptedException {
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length <= limits.inlineTextBytesMax()) {
      return new Body.Text(text);
    }
    String path = Sessions.folder(sandbox, session.key()) + "/" + id;
    var _ =
        sandbox
            .agent()
            .files()
            .write(
                path,
                new AgentFiles.WriteOptions(FILE_MODE, FOLDER_MODE),
                new ByteArrayInputStream(bytes));
    return new Body.File(path);
  }

  private String truncated(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length <= limits.inlineTextBytesMax()) {
      return text;
    }
    String cut = new String(bytes, 0, limits.inlineTextBytesMax(), UTF_8);
    int end = cut.length();
    while (end > 0 && cut.charAt(end - 1) == '\ufffd') {
      end--;
    }
    return cut.substring(0, end) + "…";
  }

  /// Whether the text has a single `&`.
  private static boolean startsBackgroundJob(String text) {
    for (int at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
      int begin = at;
      while (at + 1 < text.length() && text.charAt(at + 1) == '&') {
        at++;
      }
      if (at == begin) {
        return true;
      }
    }
    return false;
  }

  private ProcessStatus placeholder(Request request, String listedText) {
    removeOldestLogs();
    ProcessStart start =
        ProcessStart.of(Sessions.commandProcess(session.key(), id), PLACEHOLDER)
            .platform()
            .keepInputOpen()
            .keepBytes(limits.ownLogBytesMax())
            .label(ProcessLabels.COMMAND, id)
            .label(ProcessLabels.TEXT, listedText)
            .label(ProcessLabels.OFFSET, Long.toString(session.shell().outputBytes()))
            .label(ProcessLabels.INTERACTIVE, Boolean.toString(request.interactive()))
            .label(ProcessLabels.ECHO, Boolean.toString(request.echo()));
    ProcessLabels.of(ProcessLabels.Kind.COMMAND, session.key()).forEach(start::label);
    return processes.start(start);
  }

  /// Keeps the logs of finished commands below their limit, by removing the oldest.
  private void removeOldestLogs() {
    List<ProcessStatus> all =
        processes.list(ProcessLabels.of(ProcessLabels.Kind.COMMAND, session.key()), false);
    long keptBytes = 0;
    for (ProcessStatus process : all.reversed()) {
      keptBytes += Math.min(process.outputBytes(), limits.ownLogBytesMax());
      keptBytes += Math.min(process.errorBytes(), limits.ownLogBytesMax());
      if (keptBytes > limits.ownLogsBytesMax() && !process.running()) {
        processes.remove(process.id(), false);
      }
    }
  }

  /// @param placeholder the id of the command's placeholder; empty when it has none
  private void writeToShell(byte[] script, String placeholder) {
    boolean written = false;
    try {
      processes.write(session.shell().id(), script);
      written = true;
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.DEADLINE_EXCEEDED) {
        // The shell is busy and its input is full; the agent sends the rest when it reads again.
        written = true;
      } else if (failure.kind() == Kind.RESOURCE_EXHAUSTED) {
        throw new OperationFailure(
            ErrorCode.TOO_MANY_REQUESTS,
            "too many commands wait in this session; wait for some, or use another session");
      } else if (failure.kind() == Kind.NOT_FOUND) {
        throw ToolboxFailures.notFound("session not found");
      } else if (failure.is("EPIPE")) {
        throw ended();
      } else {
        throw failure;
      }
    } finally {
      if (!written && !placeholder.isEmpty()) {
        processes.remove(placeholder, true);
      }
    }
  }

  static OperationFailure ended() {
    return new OperationFailure(
        ErrorCode.SESSION_ENDED, "gone: the session's shell has ended; create another session");
  }

  /// Sends input to a running command, and writes it to the log when echo is on.
  static void sendInput(Session session, ProcessStatus process, String data) throws IOException {
    AgentProcesses processes = session.processes();
    if (process.label(ProcessLabels.ECHO).equals("true")) {
      // The log must have the input before the command can react to it.
      try (var echoed =
          processes.read(process.id(), OutputRequest.output(process.outputBytes(), true))) {
        Thread timeout = Thread.ofVirtual().name("echo-limit").start(new CloseAfterTimeout(echoed));
        processes.write(
            session.shell().label(ProcessLabels.LEDGER), ShellScript.echo(data, process.pid()));
        var _ = echoed.next();
        timeout.interrupt();
      }
    }
    processes.write(process.id(), data.getBytes(UTF_8));
  }

  /// Ends the wait for an echo: the command's pipe may be full.
  private record CloseAfterTimeout(ProcessOutput output) implements Runnable {
    private static final long LIMIT_MILLIS = 250;

    @Override
    public void run() {
      try {
        Thread.sleep(LIMIT_MILLIS);
        output.close();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
