package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.Map;
import tools.jackson.databind.JsonNode;

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
    JsonNode body = Calls.body(exchange, limits);
    String language = text(body, "language");
    ContextLanguage wanted =
        ContextLanguage.of(language.isEmpty() ? ContextLanguage.PYTHON.wireName() : language)
            .orElseThrow(() ->
                ToolboxFailures.badRequest(
                    "language must be " + ContextLanguage.names() + ", not " + language));
    String directory = Calls.checked(text(body, "cwd"), "cwd", limits);
    exchange.sendJson(contexts.create(Calls.sandbox(exchange), wanted, directory).json());
  }

  private static String text(JsonNode body, String name) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isString()) {
      throw ToolboxFailures.badRequest(name + " must be text");
    }
    return value.stringValue();
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

  /// Executions are WebSockets.
  void refusePlainCall(Exchange exchange) {
    throw new HttpFailure(
        426,
        "UPGRADE_REQUIRED",
        "code is executed over a WebSocket; connect to this path with one",
        Map.of("Upgrade", "websocket", "Connection", "Upgrade"),
        Map.of());
  }
}
