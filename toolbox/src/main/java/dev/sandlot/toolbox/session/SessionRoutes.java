package dev.sandlot.toolbox.session;

import static dev.sandlot.toolbox.call.ToolboxRow.delete;
import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.http.Operation;
import dev.sandlot.toolbox.call.SocketRoute;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;

/// The routes of sessions.
public final class SessionRoutes {
  private static final String ALL = "/process/session";
  private static final String ONE = ALL + "/{sessionId}";
  private static final String COMMAND = ONE + "/command/{commandId}";
  private static final String ENTRYPOINT = ALL + "/entrypoint";

  private final List<Operation<ToolboxAccess>> operations;
  private final List<SocketRoute> sockets;

  public SessionRoutes(ToolboxLimits limits) {
    Sessions sessions = new Sessions(SessionLimits.STANDARD);
    LogEndpoints logs = new LogEndpoints(sessions, SessionLimits.STANDARD);
    SessionEndpoints calls = new SessionEndpoints(limits, SessionLimits.STANDARD, sessions, logs);
    operations =
        List.of(
            get("ListSessions", ALL).does(calls::list),
            post("CreateSession", ALL).answers(201).does(calls::create),
            get("GetEntrypointSession", ENTRYPOINT).does(calls::entrypoint),
            get("GetEntrypointLogs", ENTRYPOINT + "/logs").does(logs::entrypointLogs),
            get("GetSession", ONE).does(calls::get),
            delete("DeleteSession", ONE).answers(204).does(calls::delete),
            post("SessionExecuteCommand", ONE + "/exec").does(calls::execute),
            get("GetSessionCommand", COMMAND).does(calls::command),
            post("SendInput", COMMAND + "/input").answers(204).does(calls::input),
            get("GetSessionCommandLogs", COMMAND + "/logs").does(logs::logs));
    sockets =
        List.of(
            new SocketRoute("GetEntrypointLogs", ENTRYPOINT + "/logs", logs::followEntrypoint),
            new SocketRoute("GetSessionCommandLogs", COMMAND + "/logs", logs::follow));
  }

  public List<Operation<ToolboxAccess>> operations() {
    return operations;
  }

  /// The WebSocket routes.
  public List<SocketRoute> sockets() {
    return sockets;
  }
}
