package dev.sandlot.toolbox.terminal;

import static dev.sandlot.toolbox.call.ToolboxAccess.ADMITTED_BY_PROXY;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Route;
import dev.sandlot.toolbox.call.SocketRoute;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;
import java.util.Map;

/// The routes of terminals.
public final class TerminalRoutes {
  private static final String ALL = "/process/pty";
  private static final String ONE = ALL + "/{sessionId}";
  private static final String CONNECT = ONE + "/connect";
  private static final String CREATE_CONNECT = ALL + "/create-connect";

  private final List<Route<ToolboxAccess>> routes;
  private final List<SocketRoute> sockets;

  public TerminalRoutes(ToolboxLimits limits) {
    TerminalEndpoints calls = new TerminalEndpoints(limits, TerminalLimits.STANDARD);
    routes =
        List.of(
            route("GET", ALL, calls::list),
            route("POST", ALL, calls::create),
            route("GET", ONE, calls::get),
            route("DELETE", ONE, calls::delete),
            route("POST", ONE + "/resize", calls::resize),
            route("GET", CONNECT, TerminalRoutes::refusePlain),
            route("GET", CREATE_CONNECT, TerminalRoutes::refusePlain));
    sockets =
        List.of(
            new SocketRoute(CREATE_CONNECT, calls::createAndConnect),
            new SocketRoute(CONNECT, calls::connect));
  }

  public List<Route<ToolboxAccess>> routes() {
    return routes;
  }

  /// The WebSocket routes.
  public List<SocketRoute> sockets() {
    return sockets;
  }

  private static void refusePlain(Exchange exchange) {
    throw new HttpFailure(
        426,
        "UPGRADE_REQUIRED",
        "open " + exchange.rawPath() + " as a WebSocket",
        Map.of("Upgrade", "websocket"),
        Map.of());
  }

  private static Route<ToolboxAccess> route(String method, String path, Endpoint endpoint) {
    return new Route<>(method, path, ADMITTED_BY_PROXY, endpoint);
  }
}
