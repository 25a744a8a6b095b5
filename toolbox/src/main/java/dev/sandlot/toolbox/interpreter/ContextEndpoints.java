package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.Map;

/// `/process/interpreter/context`.
final class ContextEndpoints {
  private final Contexts contexts;
  private final ToolboxLimits limits;

  ContextEndpoints(Contexts contexts, ToolboxLimits limits) {
    this.contexts = contexts;
    this.limits = limits;
  }

  void list(Exchange exchange) {
    exchange.sendJson(
        Map.of(
            "contexts",
            contexts.list(Calls.sandbox(exchange)).stream().map(Context::json).toList()));
  }

  void create(Exchange exchange) throws IOException, InterruptedException {
    ContextRequest request = ContextRequest.read(Calls.body(exchange, limits), limits);
    exchange.sendJson(
        contexts.create(Calls.sandbox(exchange), request.language(), request.directory()).json());
  }

  void delete(Exchange exchange) {
    String id = exchange.pathParameter("id");
    if (id.equals(Context.BUILT_IN)) {
      throw ToolboxFailures.badRequest("the default context cannot be deleted");
    }
    RunningSandbox sandbox = Calls.sandbox(exchange);
    if (!contexts.exists(sandbox, id)) {
      throw ToolboxFailures.notFound("no interpreter context " + id);
    }
    contexts.delete(sandbox, id);
    exchange.sendJson(Map.of("message", "the interpreter context was deleted"));
  }

  /// Refuses plain HTTP requests to the path of executions, which is a WebSocket.
  void refusePlainCall(Exchange exchange) {
    throw new HttpFailure(
        426,
        "UPGRADE_REQUIRED",
        "code is executed over a WebSocket; connect to this path with one",
        Map.of("Upgrade", "websocket", "Connection", "Upgrade"),
        Map.of());
  }
}
