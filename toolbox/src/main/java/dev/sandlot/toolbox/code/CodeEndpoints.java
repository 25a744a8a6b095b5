package dev.sandlot.toolbox.code;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.process.CommandAnswer;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// `/process/code-run`.
public final class CodeEndpoints {
  private final CodeRunner programs;
  private final ToolboxLimits limits;

  public CodeEndpoints(CodeRunner programs, ToolboxLimits limits) {
    this.programs = programs;
    this.limits = limits;
  }

  public void runCode(Exchange exchange) throws IOException, InterruptedException {
    CodeRequest request = CodeRequest.read(Calls.body(exchange, limits), limits);
    try (CodeResult result = programs.run(Calls.sandbox(exchange), request)) {
      List<Map<String, Object>> charts =
          CommandAnswer.refusesExtraKeys(exchange)
              ? ChartJson.withoutExtraKeys(result.charts())
              : result.charts();
      Map<String, Object> artifacts =
          charts.isEmpty() ? Map.of() : Map.of("artifacts", Map.of("charts", charts));
      CommandAnswer.send(exchange, result.command(), artifacts);
    }
  }
}
