package dev.sandlot.toolbox.session;

import static dev.sandlot.toolbox.call.ToolboxAccess.ADMITTED_BY_PROXY;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Route;
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

  private final List<Route<ToolboxAccess>> routes;
  private final List<SocketRoute> sockets;

  public SessionRoutes(ToolboxLimits limits) {
    Sessions sessions = new Sessions(SessionLimits.STANDARD);
    LogEndpoints logs = new LogEndpoints(sessions, SessionLimits.STANDARD);
    SessionEndpoints calls = new SessionEndpoints(limits, SessionLimits.STANDARD, sessions, logs);
    routes =
        List.of(
            route("GET", ALL, calls::list),
            route("POST", ALL, calls::create),
            route("GET", ENTRYPOINT, calls::entrypoint),
            route("GET", ENTRYPOINT + "/logs", logs::entrypointLogs),
            route("GET", ONE, calls::get),
            route("DELETE", ONE, calls::delete),
            route("POST", ONE + "/exec", calls::execute),
            route("GET", COMMAND, calls::command),
            route("POST", COMMAND + "/input", calls::input),
            route("GET", COMMAND + "/logs", logs::logs));
    sockets =
        List.of(
            new SocketRoute(ENTRYPOINT + "/logs", logs::followEntrypoint),
            new SocketRoute(COMMAND + "/logs", logs::follow));
  }

  public List<Route<ToolboxAccess>> routes() {
    return routes;
  }

  /// The WebSocket routes.
  public List<SocketRoute> sockets() {
    return sockets;
  }

  private static Route<ToolboxAccess> route(String method, String path, Endpoint endpoint) {
    return new Route<>(method, path, ADMITTED_BY_PROXY, endpoint);
  }
}
