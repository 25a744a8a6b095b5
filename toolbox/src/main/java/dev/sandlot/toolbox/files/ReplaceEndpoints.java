package dev.sandlot.toolbox.files;

import dev.sandlot.http.Exchange;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `/files/replace` (docs/contract/files.md).
public final class ReplaceEndpoints {
  private final ToolboxLimits toolbox;
  private final SearchLimits limits;

  public ReplaceEndpoints(ToolboxLimits toolbox, SearchLimits limits) {
    this.toolbox = toolbox;
    this.limits = limits;
  }

  public void replace(Exchange exchange) throws IOException, InterruptedException {
    ReplaceRequest request = ReplaceRequest.read(Calls.body(exchange, toolbox), toolbox);
    Replacement replacement =
        new Replacement(
            Calls.sandbox(exchange),
            new LiteralText(request.pattern()),
            request.newValue(),
            limits);
    List<Map<String, Object>> results = new ArrayList<>();
    for (String path : request.files()) {
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
    } catch (OperationFailure failure) {
      result.put("success", false);
      result.put("error", failure.sentence());
    }
    return result;
  }
}
