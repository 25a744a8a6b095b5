package dev.sandlot.toolbox.desktop;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.desktop.session.Answers;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopProgram;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Displays and windows (docs/contract/computer-use.md#mouse-keyboard-and-display).
final class DisplayEndpoints {
  private static final int DISPLAYS_MAX = 100;

  private final DesktopProgram program;
  private final DesktopLimits limits;

  DisplayEndpoints(DesktopProgram program, DesktopLimits limits) {
    this.program = program;
    this.limits = limits;
  }

  void displays(Exchange exchange) throws IOException, InterruptedException {
    JsonNode answer = program.call(Calls.sandbox(exchange), "displays", Map.of());
    List<Map<String, Object>> displays = new ArrayList<>();
    for (JsonNode display : Answers.list(answer, "displays", DISPLAYS_MAX)) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("id", displays.size());
      putBounds(json, display);
      displays.add(json);
    }
    exchange.sendJson(Map.of("displays", displays));
  }

  void windows(Exchange exchange) throws IOException, InterruptedException {
    JsonNode answer = program.call(Calls.sandbox(exchange), "windows", Map.of());
    exchange.sendJson(Map.of("windows", windows(answer, limits.windowsMax())));
  }

  static List<Map<String, Object>> windows(JsonNode answer, int max) {
    List<Map<String, Object>> windows = new ArrayList<>();
    for (JsonNode window : Answers.list(answer, "windows", max)) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("id", Answers.integer(window, "id"));
      json.put("title", Answers.text(window, "title"));
      putBounds(json, window);
      windows.add(json);
    }
    return windows;
  }

  private static void putBounds(Map<String, Object> json, JsonNode node) {
    json.put("x", Answers.integer(node, "x"));
    json.put("y", Answers.integer(node, "y"));
    json.put("width", Answers.integer(node, "width"));
    json.put("height", Answers.integer(node, "height"));
    json.put("isActive", Answers.flag(node, "active"));
  }
}
