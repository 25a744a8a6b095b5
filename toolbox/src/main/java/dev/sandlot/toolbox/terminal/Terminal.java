package dev.sandlot.toolbox.terminal;

import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.agentclient.process.TerminalSize;
import dev.sandlot.http.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// A terminal, with its state at the time of the look-up.
public record Terminal(ProcessStatus process) {
  /// The label of all terminals.
  static final Map<String, String> KIND = Map.of("sandlot.kind", "terminal");

  static final String NAME = "sandlot.terminal";
  static final String DIRECTORY = "sandlot.directory";

  /// Set before a terminal is deleted, so that viewers get this reason and not a signal.
  static final String DELETED = "sandlot.deleted";

  static final String LAZY = "sandlot.lazy";

  /// Variables as JSON, cut into labels `sandlot.environment.0`, `.1`, …
  static final String ENVIRONMENT = "sandlot.environment.";

  /// Of one label, so that its bytes stay below the agent's limit in any encoding.
  private static final int PIECE_CHARACTERS = 1_300;

  private static final TerminalSize UNKNOWN_SIZE = new TerminalSize(80, 24);

  /// The name that the client gave it.
  public String name() {
    return process.label(NAME);
  }

  /// The labels that store these variables.
  static Map<String, String> environmentLabels(Map<String, String> variables) {
    Map<String, String> labels = new LinkedHashMap<>();
    String json = variables.isEmpty() ? "" : Json.text(variables);
    for (int from = 0; from < json.length(); from += PIECE_CHARACTERS) {
      labels.put(
          ENVIRONMENT + labels.size(),
          json.substring(from, Math.min(json.length(), from + PIECE_CHARACTERS)));
    }
    return labels;
  }

  private Map<String, Object> environment() {
    StringBuilder json = new StringBuilder();
    for (int piece = 0; process.labels().containsKey(ENVIRONMENT + piece); piece++) {
      json.append(process.label(ENVIRONMENT + piece));
    }
    Map<String, Object> variables = new LinkedHashMap<>();
    if (!json.isEmpty()) {
      try {
        for (Map.Entry<String, JsonNode> entry :
            Json.read(json.toString(), JsonNode.class).properties()) {
          variables.put(entry.getKey(), entry.getValue().asString(""));
        }
      } catch (JacksonException _) {
        // Changed by a program of the sandbox: there are no variables then.
      }
    }
    return variables;
  }

  /// The contract's form.
  Map<String, Object> json() {
    TerminalSize size = process.terminal().orElse(UNKNOWN_SIZE);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", name());
    json.put("cwd", process.label(DIRECTORY));
    json.put("envs", environment());
    json.put("cols", size.columns());
    json.put("rows", size.rows());
    json.put("createdAt", process.startedAt().toString());
    json.put("active", process.running());
    json.put("lazyStart", process.label(LAZY).equals("true"));
    return json;
  }
}
