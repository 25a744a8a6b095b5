package dev.sandlot.toolbox.interpreter;

import com.google.re2j.Pattern;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What a client's first message asks for.
///
/// @param timeout zero for none
record ExecutionRequest(
    String code, String contextId, Map<String, String> environment, Duration timeout) {
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final int VARIABLES_MAX = 1_000;
  private static final int VARIABLE_CHARACTERS_MAX = 65_536;
  private static final long TIMEOUT_SECONDS_MAX = 0xffff_ffffL;

  /// The message asks for something that cannot be.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final int closeCode;

    Refused(int closeCode, String sentence) {
      super(sentence);
      this.closeCode = closeCode;
    }

    int closeCode() {
      return closeCode;
    }

    String sentence() {
      return String.valueOf(getMessage());
    }
  }

  static ExecutionRequest of(byte[] message, InterpreterLimits limits) throws Refused {
    JsonNode json;
    try {
      if (message.length == 0) {
        throw new Refused(WebSocket.PROTOCOL_ERROR, "the first message must be a JSON object");
      }
      json = Json.object(message);
    } catch (HttpFailure failure) {
      throw new Refused(WebSocket.PROTOCOL_ERROR, failure.sentence());
    }
    JsonNode code = json.path("code");
    if (!code.isString() || code.stringValue().isEmpty()) {
      throw refused("code is required and must be text");
    }
    if (code.stringValue().getBytes(StandardCharsets.UTF_8).length > limits.codeBytesMax()) {
      throw refused("code is larger than " + limits.codeBytesMax() + " bytes; upload it as a file");
    }
    JsonNode context = json.path("contextId");
    if (!absent(context) && !context.isString()) {
      throw refused("contextId must be text");
    }
    String id = context.asString("");
    return new ExecutionRequest(
        code.stringValue(),
        id.isEmpty() ? Context.BUILT_IN : id,
        environment(json.path("envs")),
        timeout(json.path("timeout"), limits));
  }

  private static Map<String, String> environment(JsonNode given) throws Refused {
    Map<String, String> variables = new LinkedHashMap<>();
    if (absent(given)) {
      return variables;
    }
    if (!given.isObject() || given.size() > VARIABLES_MAX) {
      throw refused("envs must be an object of at most " + VARIABLES_MAX + " texts");
    }
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      JsonNode value = entry.getValue();
      if (entry.getKey().length() > VARIABLE_CHARACTERS_MAX || !VARIABLE.matches(entry.getKey())) {
        throw refused("envs has a name that is no variable's: " + entry.getKey());
      }
      if (!value.isString() || value.stringValue().indexOf('\0') >= 0) {
        throw refused("the variable " + entry.getKey() + " must be text without NUL");
      }
      variables.put(entry.getKey(), value.stringValue());
    }
    return variables;
  }

  private static Duration timeout(JsonNode given, InterpreterLimits limits) throws Refused {
    if (absent(given)) {
      return limits.timeoutDefault();
    }
    if (!given.isIntegralNumber()
        || !given.canConvertToLong()
        || given.longValue() < 0
        || given.longValue() > TIMEOUT_SECONDS_MAX) {
      throw refused("timeout must be whole seconds, 0 or more");
    }
    return Duration.ofSeconds(given.longValue());
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static Refused refused(String sentence) {
    return new Refused(WebSocket.POLICY, sentence);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "ExecutionRequest[contextId=" + contextId + ", timeout=" + timeout + "]";
  }
}
