package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ClientVersion;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.Entrypoint;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The calls about sessions and their commands; those about logs are {@link LogEndpoints}.
final class SessionEndpoints {
  /// For clients before this minor version, shells start in the home folder.
  private static final int WORKING_DIRECTORY_SINCE = 103;

  private final ToolboxLimits limits;
  private final SessionLimits sessionLimits;
  private final Sessions sessions;
  private final LogEndpoints logs;

  SessionEndpoints(
      ToolboxLimits limits, SessionLimits sessionLimits, Sessions sessions, LogEndpoints logs) {
    this.limits = limits;
    this.sessionLimits = sessionLimits;
    this.sessions = sessions;
    this.logs = logs;
  }

  void create(Exchange exchange) throws IOException, InterruptedException {
    String name =
        Calls.body(exchange, limits)
            .refusing(ToolboxFailures::invalidBody)
            .requiredRawText("sessionId");
    sessions.checkName(name);
    RunningSandbox sandbox = Calls.sandbox(exchange);
    boolean home = ClientVersion.of(exchange).before(WORKING_DIRECTORY_SINCE);
    sessions.create(sandbox, name, home ? sandbox.account().home() : "");
    exchange.send();
  }

  void list(Exchange exchange) throws IOException {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Session session : sessions.list(Calls.sandbox(exchange))) {
      all.add(json(session.name(), session.commands()));
    }
    exchange.sendJson(all);
  }

  void get(Exchange exchange) throws IOException {
    Session session = session(exchange);
    exchange.sendJson(json(session.name(), session.commands()));
  }

  /// Answers with the session of the image's entrypoint.
  void entrypoint(Exchange exchange) {
    ProcessStatus process = entrypointProcess(Calls.sandbox(exchange));
    exchange.sendJson(json(Entrypoint.SESSION, List.of(EntrypointCommand.of(process))));
  }

  static ProcessStatus entrypointProcess(RunningSandbox sandbox) {
    return sandbox
        .agent()
        .processes()
        .find(Entrypoint.PROCESS)
        .orElseThrow(
            () -> ToolboxFailures.notFound("session not found: the image has no entrypoint"));
  }

  private static Map<String, Object> json(String name, List<SessionCommand> commands) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("sessionId", name);
    json.put("commands", commands.stream().map(SessionCommand::json).toList());
    return json;
  }

  void delete(Exchange exchange) throws IOException, InterruptedException {
    String name = exchange.pathParameter("sessionId");
    sessions.checkName(name);
    sessions.delete(Calls.sandbox(exchange), name);
    exchange.send();
  }

  void command(Exchange exchange) throws IOException {
    if (isEntrypoint(exchange)) {
      SessionCommand command = EntrypointCommand.of(entrypointProcess(Calls.sandbox(exchange)));
      if (!command.id().equals(exchange.pathParameter("commandId"))) {
        throw ToolboxFailures.notFound("command not found");
      }
      exchange.sendJson(command.json());
      return;
    }
    exchange.sendJson(command(session(exchange), exchange.pathParameter("commandId")).json());
  }

  void input(Exchange exchange) throws IOException {
    sessions.checkName(exchange.pathParameter("sessionId"));
    String data = Calls.body(exchange, limits).requiredRawText("data");
    String line = data.endsWith("\n") ? data : data + "\n";
    if (line.getBytes(UTF_8).length > sessionLimits.inputBytesMax() / 2) {
      throw ToolboxFailures.badRequest(
          "data is larger than " + sessionLimits.inputBytesMax() / 2 + " bytes; send it in pieces");
    }
    Session session = session(exchange);
    SessionCommand command = command(session, exchange.pathParameter("commandId"));
    if (session.end().isPresent()) {
      throw Execution.ended();
    }
    if (command.status().isPresent()) {
      throw completed();
    }
    if (!(command.source() instanceof SessionCommand.Source.Separate(ProcessStatus process))
        || !process.label(ProcessLabels.INTERACTIVE).equals("true")) {
      throw ToolboxFailures.badRequest(
          "the command's input is empty; run it with runAsync to send it something");
    }
    try {
      Execution.sendInput(session, process, line);
    } catch (AgentFailure failure) {
      throw failure.is("EPIPE") ? completed() : failure;
    }
    exchange.send();
  }

  private static OperationFailure completed() {
    return new OperationFailure(
        ErrorCode.COMMAND_ALREADY_COMPLETED, "gone: the command has ended and reads nothing");
  }

  void execute(Exchange exchange) throws IOException, InterruptedException {
    sessions.checkName(exchange.pathParameter("sessionId"));
    Execution.Request request = Execution.Request.read(Calls.body(exchange, limits), limits);
    Session session = session(exchange);
    Execution execution = new Execution(Calls.sandbox(exchange), session, sessionLimits);
    SessionCommand.Source source = execution.begin(request);
    if (request.interactive()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("cmdId", execution.id());
      for (String absent : List.of("output", "stdout", "stderr", "exitCode")) {
        json.put(absent, null);
      }
      exchange.status(202).sendJson(json);
      return;
    }
    logs.awaitAndSend(exchange, session, execution, source);
  }

  private Session session(Exchange exchange) {
    return sessions.find(Calls.sandbox(exchange), exchange.pathParameter("sessionId"));
  }

  private static boolean isEntrypoint(Exchange exchange) {
    return exchange.pathParameter("sessionId").equals(Entrypoint.SESSION);
  }

  /// @throws OperationFailure NOT_FOUND when the session has no command of that id
  static SessionCommand command(Session session, String id) throws IOException {
    if (!LogEndpoints.COMMAND_ID.matcher(id).matches()) {
      throw ToolboxFailures.notFound("command not found");
    }
    return session.command(id).orElseThrow(() -> ToolboxFailures.notFound("command not found"));
  }
}
