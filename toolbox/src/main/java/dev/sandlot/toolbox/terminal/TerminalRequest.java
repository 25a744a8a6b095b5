package dev.sandlot.toolbox.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.process.TerminalSize;
import dev.sandlot.http.BodyReader;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.SocketCall;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.Variables;
import java.util.Base64;
import java.util.Map;

/// A request to create a terminal.
///
/// @param directory working directory; empty for the sandbox's
/// @param lazy whether the shell may start with the first viewer; it is started at once all the
///   same, and the first viewer gets its output
public record TerminalRequest(
    String id, String directory, Map<String, String> environment, TerminalSize size, boolean lazy) {
  private static final String ENVIRONMENT_TOKEN = "X-Daytona-Pty-Envs~";
  private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]{1,9}");
  private static final int COLUMNS = 80;
  private static final int ROWS = 24;

  /// Copies the variables.
  public TerminalRequest {
    environment = Map.copyOf(environment);
  }

  /// Reads a JSON body.
  ///
  /// @throws OperationFailure BAD_REQUEST when a field is invalid
  static TerminalRequest read(BodyReader body, TerminalLimits limits) {
    return new TerminalRequest(
        id(body.rawText("id").orElse(""), limits),
        checked(body.rawText("cwd").orElse(""), "cwd"),
        variables(body, limits),
        new TerminalSize(
            body.integer("cols", 1, TerminalSize.SIDE_MAX).orElse(COLUMNS),
            body.integer("rows", 1, TerminalSize.SIDE_MAX).orElse(ROWS)),
        body.flag("lazyStart").orElse(false));
  }

  /// Reads a WebSocket's query and subprotocols.
  ///
  /// @throws OperationFailure BAD_REQUEST when a value is invalid
  static TerminalRequest of(SocketCall call, TerminalLimits limits) {
    return new TerminalRequest(
        id(call.query("id").orElse(""), limits),
        checked(call.query("cwd").orElse(""), "cwd"),
        variables(environment(call), limits),
        size(number(call, "cols", COLUMNS), number(call, "rows", ROWS)),
        false);
  }

  /// Reads the body of a resize; both sides are required.
  static TerminalSize readSize(BodyReader body) {
    return new TerminalSize(
        body.requiredInteger("cols", 1, TerminalSize.SIDE_MAX),
        body.requiredInteger("rows", 1, TerminalSize.SIDE_MAX));
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

  private static String checked(String text, String name) {
    if (text.indexOf('\0') >= 0) {
      throw ToolboxFailures.badRequest(name + " holds a NUL character");
    }
    return text;
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

  private static OperationFailure outOfRange() {
    return ToolboxFailures.badRequest(
        "cols and rows must be whole numbers from 1 to " + TerminalSize.SIDE_MAX);
  }

  /// The variables of a subprotocol, as the field `envs` of an object.
  private static BodyReader environment(SocketCall call) {
    String json =
        call.offeredValue(ENVIRONMENT_TOKEN)
            .filter(token -> !token.isEmpty())
            .map(TerminalRequest::decoded)
            .orElse("{}");
    return BodyReader.holding("envs", json, _ -> badEnvironment())
        .refusing(ToolboxFailures::badRequest);
  }

  private static String decoded(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), UTF_8);
    } catch (IllegalArgumentException _) {
      throw badEnvironment();
    }
  }

  private static OperationFailure badEnvironment() {
    return ToolboxFailures.badRequest(
        "the subprotocol " + ENVIRONMENT_TOKEN + "… must be a JSON object in base64url");
  }

  /// Environment variables; any name is allowed.
  private static Map<String, String> variables(BodyReader body, TerminalLimits limits) {
    Map<String, String> variables = Variables.readAnyNames(body, "envs");
    int bytes = 0;
    for (Map.Entry<String, String> entry : variables.entrySet()) {
      bytes += entry.getKey().getBytes(UTF_8).length + entry.getValue().getBytes(UTF_8).length;
    }
    if (bytes > limits.environmentBytesMax()) {
      throw body.refused(
          "envs", "must be at most " + limits.environmentBytesMax() + " bytes together");
    }
    return variables;
  }

  /// Leaves out what may be secret.
  @Override
  public String toString() {
    return "TerminalRequest[id=" + id + ", size=" + size + "]";
  }
}
