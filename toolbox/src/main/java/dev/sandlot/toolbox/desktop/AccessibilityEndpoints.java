package dev.sandlot.toolbox.desktop;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopProgram;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// The accessibility tree of programs (docs/contract/computer-use.md#accessibility).
final class AccessibilityEndpoints {
  private static final Set<String> SCOPES = Set.of("focused", "pid", "all");
  private static final Set<String> MATCHES = Set.of("exact", "substring", "regex");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.:-]{1,255}:/[A-Za-z0-9_/]{0,255}");
  private static final int LIMIT_STANDARD = 500;
  private static final int LIMIT_MAX = 5_000;
  private static final int STATES_MAX = 44;
  private static final int TEXT_CHARACTERS_MAX = 100_000;

  private final DesktopProgram program;
  private final DesktopLimits limits;

  AccessibilityEndpoints(DesktopProgram program, DesktopLimits limits) {
    this.program = program;
    this.limits = limits;
  }

  void tree(Exchange exchange) throws IOException, InterruptedException {
    Map<String, Object> parameters =
        scope(exchange.query("scope").orElse(""), Arguments.queryInteger(exchange, "pid"));
    OptionalInt depth = Arguments.queryInteger(exchange, "maxDepth");
    if (depth.isPresent()) {
      if (depth.getAsInt() < 0) {
        throw invalid("maxDepth must be 0 or more");
      }
      parameters.put("depth", depth.getAsInt());
    }
    JsonNode answer = call(exchange, "tree", parameters);
    exchange.sendJson(WidgetTree.of(answer, limits.nodesMax()).json(limits.depthMax()));
  }

  void find(Exchange exchange) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    OptionalInt pid =
        arguments.absent("pid")
            ? OptionalInt.empty()
            : OptionalInt.of(arguments.integer("pid", 0, Integer.MAX_VALUE));
    Map<String, Object> parameters = scope(arguments.text("scope").orElse(""), pid);
    String match = arguments.text("nameMatch").filter(text -> !text.isEmpty()).orElse("substring");
    if (!MATCHES.contains(match)) {
      throw invalid("nameMatch must be exact, substring or regex, not " + match);
    }
    int limit = arguments.integer("limit", 0, LIMIT_MAX, 0);
    parameters.put("match", match);
    parameters.put("name", arguments.text("name").orElse(""));
    parameters.put("role", arguments.text("role").orElse(""));
    parameters.put("states", arguments.texts("states", STATES_MAX));
    parameters.put("limit", limit == 0 ? LIMIT_STANDARD : limit);
    WidgetTree found = WidgetTree.of(call(exchange, "find", parameters), LIMIT_MAX);
    exchange.sendJson(Map.of("matches", found.nodes(), "truncated", found.truncated()));
  }

  private static Map<String, Object> scope(String given, OptionalInt pid) {
    String scope = given.isEmpty() ? "focused" : given;
    if (!SCOPES.contains(scope)) {
      throw new OperationFailure(
          ErrorCode.A11Y_INVALID_SCOPE,
          "bad request: scope must be focused, pid or all, not " + scope);
    }
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("scope", scope);
    if (scope.equals("pid")) {
      if (pid.orElse(0) <= 0) {
        throw invalid("scope pid needs pid, the number of a process");
      }
      parameters.put("pid", pid.getAsInt());
    }
    return parameters;
  }

  void focus(Exchange exchange) throws IOException, InterruptedException {
    Map<String, Object> parameters = Map.of("id", id(Arguments.of(exchange)));
    callWithoutResult(exchange, "focus", parameters);
  }

  void invoke(Exchange exchange) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    String action = arguments.text("action").orElse("");
    callWithoutResult(exchange, "invoke", Map.of("id", id(arguments), "action", action));
  }

  void setValue(Exchange exchange) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    String value = arguments.text("value").orElse("");
    if (value.length() > TEXT_CHARACTERS_MAX) {
      throw invalid("value is longer than " + TEXT_CHARACTERS_MAX + " characters");
    }
    callWithoutResult(exchange, "set_value", Map.of("id", id(arguments), "value", value));
  }

  private static String id(Arguments arguments) {
    String id = arguments.text("id").orElse("");
    if (!ID.matcher(id).matches()) {
      throw invalid("id must be that of a node, as tree and find tell it");
    }
    return id;
  }

  private void callWithoutResult(Exchange exchange, String call, Map<String, Object> parameters)
      throws IOException, InterruptedException {
    JsonNode _ = call(exchange, call, parameters);
    exchange.sendJson(Map.of());
  }

  private JsonNode call(Exchange exchange, String call, Map<String, Object> parameters)
      throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    try {
      return program.call(sandbox, call, parameters);
    } catch (OperationFailure failure) {
      throw withCode(failure);
    }
  }

  private static OperationFailure invalid(String sentence) {
    return new OperationFailure(ErrorCode.A11Y_INVALID_REQUEST, "bad request: " + sentence);
  }

  /// Replaces general error codes by those that the contract has for accessibility.
  private static OperationFailure withCode(OperationFailure failure) {
    ErrorCode specific =
        switch (failure.errorCode()) {
          case BAD_REQUEST, INVALID_REQUEST_BODY, INVALID_FILE_PATH ->
              ErrorCode.A11Y_INVALID_REQUEST;
          case SERVICE_UNAVAILABLE -> ErrorCode.A11Y_UNAVAILABLE;
          case BUSY -> ErrorCode.A11Y_BUSY;
          case INTERNAL_SERVER_ERROR, FILE_READ_FAILED -> ErrorCode.A11Y_INTERNAL;
          default -> failure.errorCode();
        };
    return specific == failure.errorCode()
        ? failure
        : new OperationFailure(specific, failure.sentence(), failure.details());
  }
}
