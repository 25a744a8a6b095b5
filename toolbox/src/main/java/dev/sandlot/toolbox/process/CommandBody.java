package dev.sandlot.toolbox.process;

import com.google.re2j.Pattern;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What bodies of calls that run something have in common.
public final class CommandBody {
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final long TIMEOUT_SECONDS_MAX = 0xffff_ffffL;
  private static final int VARIABLES_MAX = 1_000;
  private static final int VARIABLE_CHARACTERS_MAX = 65_536;

  private CommandBody() {}

  /// A text that is run.
  ///
  /// @param name of the key it came in
  /// @return the text
  public static String limited(String text, String name, int bytesMax) {
    if (text.getBytes(StandardCharsets.UTF_8).length > bytesMax) {
      throw new HttpFailure(
          413,
          "BAD_REQUEST",
          "bad request: "
              + name
              + " is larger than "
              + bytesMax
              + " bytes; upload it as a file and run that");
    }
    return text;
  }

  /// The variables of a run, in `envs`.
  public static Map<String, String> variables(JsonNode body) {
    JsonNode given = body.path("envs");
    if (absent(given)) {
      return Map.of();
    }
    if (!given.isObject() || given.size() > VARIABLES_MAX) {
      throw ToolboxFailures.badRequest(
          "envs must be an object of at most " + VARIABLES_MAX + " texts");
    }
    return variables(given, "envs");
  }

  /// Variables of an object, names checked.
  public static Map<String, String> variables(JsonNode object, String name) {
    Map<String, String> variables = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      if (entry.getKey().length() > VARIABLE_CHARACTERS_MAX || !VARIABLE.matches(entry.getKey())) {
        throw ToolboxFailures.badRequest(
            "the name of a variable in "
                + name
                + " must be letters, digits and underscores and not begin with a digit: "
                + entry.getKey());
      }
      JsonNode value = entry.getValue();
      if (!value.isString() || value.stringValue().indexOf('\0') >= 0) {
        throw ToolboxFailures.badRequest(
            "the variable " + entry.getKey() + " in " + name + " must be text without NUL");
      }
      variables.put(entry.getKey(), value.stringValue());
    }
    return variables;
  }

  /// The time limit of a run, in `timeout`; zero: none.
  public static Duration timeout(JsonNode body) {
    JsonNode timeout = body.path("timeout");
    if (absent(timeout)) {
      return Duration.ZERO;
    }
    if (!timeout.isIntegralNumber()
        || !timeout.canConvertToLong()
        || timeout.longValue() < 0
        || timeout.longValue() > TIMEOUT_SECONDS_MAX) {
      throw ToolboxFailures.badRequest("timeout must be whole seconds, 0 or more");
    }
    return Duration.ofSeconds(timeout.longValue());
  }

  public static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }
}
