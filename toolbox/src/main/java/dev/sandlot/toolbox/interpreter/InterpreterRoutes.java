package dev.sandlot.toolbox.interpreter;

import static dev.sandlot.toolbox.call.ToolboxRow.delete;
import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.http.Operation;
import dev.sandlot.http.PathPattern;
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

  public List<Operation<ToolboxAccess>> operations() {
    return List.of(
        get("ListInterpreterContexts", CONTEXT).does(contexts::list),
        post("CreateInterpreterContext", CONTEXT).does(contexts::create),
        delete("DeleteInterpreterContext", CONTEXT + "/{id}").does(contexts::delete),
        get("ExecuteInterpreterCode", EXECUTE).does(contexts::refusePlainCall));
  }

  public List<SocketRoute> sockets() {
    WebSocketLimits messages = WebSocketLimits.STANDARD.withMessages(limits.requestBytesMax());
    return List.of(
        new SocketRoute(
            "ExecuteInterpreterCode", new PathPattern(EXECUTE), messages, execution::open));
  }
}
