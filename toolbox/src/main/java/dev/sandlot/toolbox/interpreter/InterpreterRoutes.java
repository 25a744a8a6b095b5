package dev.sandlot.toolbox.interpreter;

import static dev.sandlot.toolbox.call.ToolboxAccess.ADMITTED_BY_PROXY;

import dev.sandlot.http.PathPattern;
import dev.sandlot.http.Route;
import dev.sandlot.http.websocket.WebSocketLimits;
import dev.sandlot.toolbox.call.SocketRoute;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;

/// The operations of the stateful interpreter.
public final class InterpreterRoutes {
  private static final String CONTEXT = "/process/interpreter/context";
  private static final String EXECUTE = "/process/interpreter/execute";

  private final InterpreterLimits limits = InterpreterLimits.STANDARD;
  private final ContextEndpoints contexts;
  private final ExecutionEndpoint execution;

  public InterpreterRoutes(ToolboxLimits toolboxLimits) {
    Contexts known = new Contexts(limits);
    this.contexts = new ContextEndpoints(known, toolboxLimits);
    this.execution = new ExecutionEndpoint(known, limits);
  }

  public List<Route<ToolboxAccess>> routes() {
    return List.of(
        new Route<>("GET", CONTEXT, ADMITTED_BY_PROXY, contexts::list),
        new Route<>("POST", CONTEXT, ADMITTED_BY_PROXY, contexts::create),
        new Route<>("DELETE", CONTEXT + "/{id}", ADMITTED_BY_PROXY, contexts::delete),
        new Route<>("GET", EXECUTE, ADMITTED_BY_PROXY, contexts::refusePlainCall));
  }

  public List<SocketRoute> sockets() {
    WebSocketLimits messages = WebSocketLimits.STANDARD.withMessages(limits.requestBytesMax());
    return List.of(new SocketRoute(new PathPattern(EXECUTE), messages, execution::open));
  }
}
