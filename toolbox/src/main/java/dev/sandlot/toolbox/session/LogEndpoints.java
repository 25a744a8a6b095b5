package dev.sandlot.toolbox.session;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.websocket.WebSocket;
import dev.sandlot.http.websocket.WebSocketEndpoint;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.SocketCall;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.Entrypoint;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The logs of commands, stored or followed (docs/contract/sessions.md).
final class LogEndpoints {
  /// The syntax of a command's id in a path.
  static final Pattern COMMAND_ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  /// Of one message: some clients split each message on its own, so that it must hold whole
  /// records.
  private static final int MESSAGE_BYTES_MAX = 32 << 10;

  private final Sessions sessions;
  private final SessionLimits limits;

  LogEndpoints(Sessions sessions, SessionLimits limits) {
    this.sessions = sessions;
    this.limits = limits;
  }

  /// A log that can be opened.
  private record Log(Optional<Session> session, RunningSandbox sandbox, SessionCommand command) {
    CommandOutput open(boolean follow) {
      if (session.isPresent()) {
        return session.get().open(command, follow);
      }
      return CommandOutput.of(
          sandbox.agent().processes().read(Entrypoint.PROCESS, OutputRequest.all(follow)));
    }

    /// Starts the watcher that ends the following.
    ShellWatcher watcher() {
      return session.map(each -> ShellWatcher.start(each, command, 0)).orElse(ShellWatcher.NONE);
    }
  }

  /// `/process/session/{sessionId}/command/{commandId}/logs`
  void logs(Exchange exchange) throws IOException {
    Log log =
        log(
            Calls.sandbox(exchange),
            exchange.pathParameter("sessionId"),
            exchange.pathParameter("commandId"));
    send(exchange, log);
  }

  /// `/process/session/entrypoint/logs`
  void entrypointLogs(Exchange exchange) throws IOException {
    send(exchange, entrypoint(Calls.sandbox(exchange)));
  }

  /// A command's log over a WebSocket.
  WebSocketEndpoint follow(SocketCall call) throws IOException {
    return stream(
        call,
        log(call.sandbox(), call.pathParameter("sessionId"), call.pathParameter("commandId")));
  }

  /// The entrypoint's log over a WebSocket.
  WebSocketEndpoint followEntrypoint(SocketCall call) {
    return stream(call, entrypoint(call.sandbox()));
  }

  private Log log(RunningSandbox sandbox, String session, String command) throws IOException {
    if (session.equals(Entrypoint.SESSION)) {
      if (!command.equals(Entrypoint.COMMAND)) {
        throw ToolboxFailures.notFound("command not found");
      }
      return entrypoint(sandbox);
    }
    Session found = sessions.find(sandbox, session);
    return new Log(Optional.of(found), sandbox, SessionEndpoints.command(found, command));
  }

  private static Log entrypoint(RunningSandbox sandbox) {
    return new Log(
        Optional.empty(),
        sandbox,
        EntrypointCommand.of(SessionEndpoints.entrypointProcess(sandbox)));
  }

  private static void send(Exchange exchange, Log log) throws IOException {
    if (!exchange.query("follow").orElse("").equals("true")) {
      LogForm form = LogForm.of(exchange, log.session().isEmpty());
      LogAnswer.send(exchange, form, () -> log.open(false));
      return;
    }
    exchange.responseHeader("Content-Type", "application/octet-stream");
    LogRecords records = new LogRecords(true, false);
    try (OutputStream out = exchange.outputStream();
        ShellWatcher _ = log.watcher();
        CommandOutput output = log.open(true);
        ClientWatcher _ = ClientWatcher.start(exchange, output)) {
      out.flush();
      for (var next = output.next(); next.isPresent(); next = output.next()) {
        records.take(next.get(), out::write);
        out.flush();
      }
      records.end(out::write);
    }
  }

  private static WebSocketEndpoint stream(SocketCall call, Log log) {
    boolean follow = call.query("follow").orElse("").equals("true");
    boolean marked = LogForm.ofSocket(call.clientVersion()) == LogForm.MARKED;
    return socket -> {
      LogRecords records = new LogRecords(marked, false);
      Messages messages = new Messages(socket);
      try (ShellWatcher _ = follow ? log.watcher() : ShellWatcher.NONE;
          CommandOutput output = log.open(follow)) {
        socket.whenClosed(output::close);
        for (var next = output.next(); next.isPresent(); next = output.next()) {
          records.take(next.get(), messages);
          messages.flush();
        }
        records.end(messages);
        messages.flush();
      }
      socket.close(WebSocket.NORMAL, "");
    };
  }

  /// Gathers records into messages.
  private static final class Messages implements LogRecords.Sink {
    private final WebSocket socket;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    Messages(WebSocket socket) {
      this.socket = socket;
    }

    @Override
    public void take(byte[] record) throws IOException {
      if (message.size() + record.length > MESSAGE_BYTES_MAX) {
        flush();
      }
      message.writeBytes(record);
    }

    void flush() throws IOException {
      if (message.size() > 0) {
        socket.sendBytes(message.toByteArray(), 0, message.size());
        message.reset();
      }
    }
  }

  /// Waits for a command's end and answers with its log and status.
  void awaitAndSend(
      Exchange exchange, Session session, Execution execution, SessionCommand.Source source)
      throws IOException, InterruptedException {
    String id = execution.id();
    SessionCommand command = new SessionCommand(id, "", OptionalInt.empty(), source);
    List<CommandOutput.Piece> pieces = new ArrayList<>();
    boolean whole = true;
    try (ShellWatcher _ = ShellWatcher.start(session, command, execution.ledgerOffset());
        CommandOutput output = session.open(command, true);
        ClientWatcher _ = ClientWatcher.start(exchange, output)) {
      long bytes = 0;
      for (var next = output.next(); next.isPresent(); next = output.next()) {
        bytes += next.get().bytes().length;
        if (bytes <= limits.answerBytesMax()) {
          pieces.add(next.get());
        } else {
          whole = false;
          pieces.clear();
        }
      }
    }
    int code = statusOf(session, execution);
    LogForm form = LogForm.of(exchange, false);
    boolean held = whole;
    LogAnswer.send(
        exchange,
        form,
        id,
        () -> held ? CommandOutput.of(pieces) : session.open(command, false),
        code);
  }

  /// The status of a command that has ended; its line in the ledger may not be written yet.
  private static int statusOf(Session session, Execution execution) throws IOException {
    String ledger = session.shell().label(ProcessLabels.LEDGER);
    long offset = execution.ledgerOffset();
    OptionalInt status = Ledger.read(session.processes(), ledger, offset).status(execution.id());
    if (status.isPresent()) {
      return status.getAsInt();
    }
    Optional<ProcessStatus> shell = session.processes().find(session.shell().id());
    if (shell.isEmpty()) {
      throw new OperationFailure(ErrorCode.SESSION_ENDED, "gone: the session was deleted");
    }
    if (shell.get().end().isPresent()) {
      return shell.get().end().get().shellCode();
    }
    return Ledger.await(session.processes(), ledger, execution.id(), offset);
  }
}
