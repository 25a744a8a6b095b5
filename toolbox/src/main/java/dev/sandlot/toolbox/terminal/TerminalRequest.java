package dev.sandlot.toolbox.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.process.TerminalSize;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.toolbox.call.SocketCall;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// A terminal that is asked for.
///
/// @param directory empty for the sandbox's
/// @param lazy whether the shell need not run before somebody connects; ours runs at once, and the
///   first viewer sees all it has said
public record TerminalRequest(
    String id, String directory, Map<String, String> environment, TerminalSize size, boolean lazy) {
  private static final String ENVIRONMENT_TOKEN = "X-Daytona-Pty-Envs~";
  private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,9}");
  private static final int COLUMNS = 80;
  private static final int ROWS = 24;
  private static final int VARIABLES_MAX = 1_000;

  /// @throws HttpFailure 400 when it cannot be
  public TerminalRequest {
    environment = Map.copyOf(environment);
  }

  /// Of a JSON body.
  static TerminalRequest of(JsonNode body, TerminalLimits limits) {
    return new TerminalRequest(
        id(body.path("id").asString(""), limits),
        text(body, "cwd"),
        variables(body.path("envs"), limits),
        size(number(body, "cols", COLUMNS), number(body, "rows", ROWS)),
        body.path("lazyStart").asBoolean(false));
  }

  /// Of a WebSocket's query and subprotocols.
  static TerminalRequest of(SocketCall call, TerminalLimits limits) {
    return new TerminalRequest(
        id(call.query("id").orElse(""), limits),
        checked(call.query("cwd").orElse(""), "cwd"),
        variables(environment(call), limits),
        size(number(call, "cols", COLUMNS), number(call, "rows", ROWS)),
        false);
  }

  /// The size that a resize asks for; both sides must be given.
  static TerminalSize size(JsonNode body) {
    return size(number(body, "cols", 0), number(body, "rows", 0));
  }

  private static String id(String id, TerminalLimits limits) {
    if (id.isEmpty()) {
      throw ToolboxFailures.badRequest("id is required and must be text");
    }
    if (id.getBytes(UTF_8).length > limits.idBytesMax() || id.indexOf('\0') >= 0) {
      throw ToolboxFailures.badRequest(
          "id must be at most " + limits.idBytesMax() + " bytes without NUL");
    }
    return id;
  }

  private static String text(JsonNode body, String name) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isString()) {
      throw ToolboxFailures.badRequest(name + " must be text");
    }
    return checked(value.stringValue(), name);
  }

  private static String checked(String text, String name) {
    if (text.indexOf('\0') >= 0) {
      throw ToolboxFailures.badRequest(name + " holds a NUL character");
    }
    return text;
  }

  private static int number(JsonNode body, String name, int absent) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isIntegralNumber()) {
      throw outOfRange();
    }
    return (int) Math.clamp(value.longValue(), 0L, Integer.MAX_VALUE);
  }

  private static int number(SocketCall call, String name, int absent) {
    String text = call.query(name).orElse("");
    if (text.isEmpty()) {
      return absent;
    }
    if (!NUMBER.matcher(text).matches()) {
      throw outOfRange();
    }
    return Integer.parseInt(text);
  }

  private static TerminalSize size(int columns, int rows) {
    try {
      return new TerminalSize(columns, rows);
    } catch (IllegalArgumentException _) {
      throw outOfRange();
    }
  }

  private static HttpFailure outOfRange() {
    return ToolboxFailures.badRequest(
        "cols and rows must be whole numbers from 1 to " + TerminalSize.SIDE_MAX);
  }

  private static JsonNode environment(SocketCall call) {
    Optional<String> token = call.offeredValue(ENVIRONMENT_TOKEN);
    try {
      return Json.object(
          token.map(text -> Base64.getUrlDecoder().decode(text)).orElse(new byte[0]));
    } catch (IllegalArgumentException | HttpFailure _) {
      throw ToolboxFailures.badRequest(
          "the subprotocol " + ENVIRONMENT_TOKEN + "… must be a JSON object in base64url");
    }
  }

  /// Names may be anything that a variable of a process can be called.
  private static Map<String, String> variables(JsonNode object, TerminalLimits limits) {
    Map<String, String> variables = new LinkedHashMap<>();
    if (object.isMissingNode() || object.isNull()) {
      return variables;
    }
    if (!object.isObject() || object.size() > VARIABLES_MAX) {
      throw ToolboxFailures.badRequest(
          "envs must be an object of at most " + VARIABLES_MAX + " texts");
    }
    int bytes = 0;
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      JsonNode value = entry.getValue();
      if (!value.isString() || value.stringValue().indexOf('\0') >= 0) {
        throw ToolboxFailures.badRequest(
            "the variable " + entry.getKey() + " in envs must be text without NUL");
      }
      bytes += entry.getKey().getBytes(UTF_8).length + value.stringValue().getBytes(UTF_8).length;
      variables.put(entry.getKey(), value.stringValue());
    }
    if (bytes > limits.environmentBytesMax()) {
      throw ToolboxFailures.badRequest(
          "envs must be at most " + limits.environmentBytesMax() + " bytes together");
    }
    return variables;
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "TerminalRequest[id=" + id + ", size=" + size + "]";
  }
}
