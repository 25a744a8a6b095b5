package dev.sandlot.toolbox.files;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// `/files/replace` (docs/contract/files.md).
public final class ReplaceEndpoints {
  private final ToolboxLimits toolbox;
  private final SearchLimits limits;

  public ReplaceEndpoints(ToolboxLimits toolbox, SearchLimits limits) {
    this.toolbox = toolbox;
    this.limits = limits;
  }

  public void replace(Exchange exchange) throws IOException, InterruptedException {
    JsonNode body = Calls.body(exchange, toolbox);
    List<String> paths = paths(body.path("files"));
    JsonNode pattern = body.path("pattern");
    if (!pattern.isString() || pattern.stringValue().isEmpty()) {
      throw ToolboxFailures.invalidBody("pattern is required and must be text that is not empty");
    }
    JsonNode newValue = body.path("newValue");
    if (!newValue.isString()) {
      throw ToolboxFailures.invalidBody("newValue is required and must be text");
    }
    Replacement replacement =
        new Replacement(
            Calls.sandbox(exchange),
            new LiteralText(pattern.stringValue()),
            newValue.stringValue(),
            limits);
    List<Map<String, Object>> results = new ArrayList<>();
    for (String path : paths) {
      results.add(result(path, replacement));
    }
    exchange.sendJson(results);
  }

  private Map<String, Object> result(String path, Replacement replacement)
      throws IOException, InterruptedException {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("file", path);
    try {
      if (path.isEmpty()) {
        throw ToolboxFailures.invalidPath("a path is empty");
      }
      replacement.in(Calls.checked(path, "a path", toolbox));
      result.put("success", true);
    } catch (HttpFailure failure) {
      result.put("success", false);
      result.put("error", failure.sentence());
    }
    return result;
  }

  private List<String> paths(JsonNode list) {
    if (!list.isArray() || list.size() > toolbox.filesMax()) {
      throw ToolboxFailures.invalidBody(
          "files is required and must be a list of at most " + toolbox.filesMax() + " texts");
    }
    List<String> paths = new ArrayList<>();
    for (JsonNode item : list) {
      if (!item.isString()) {
        throw ToolboxFailures.invalidBody("files must hold texts only");
      }
      paths.add(item.stringValue());
    }
    return paths;
  }
}
