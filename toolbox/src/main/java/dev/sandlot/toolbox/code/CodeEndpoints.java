package dev.sandlot.toolbox.code;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.process.CommandAnswer;
import dev.sandlot.toolbox.process.CommandBody;
import dev.sandlot.toolbox.program.CodeLanguage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// `/process/code-run`.
public final class CodeEndpoints {
  private static final int ARGUMENTS_MAX = 1_000;

  private final CodeRunner programs;
  private final ToolboxLimits limits;

  public CodeEndpoints(CodeRunner programs, ToolboxLimits limits) {
    this.programs = programs;
    this.limits = limits;
  }

  public void runCode(Exchange exchange) throws IOException, InterruptedException {
    CodeRequest request = request(Calls.body(exchange, limits));
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

  private CodeRequest request(JsonNode body) {
    JsonNode code = body.path("code");
    JsonNode language = body.path("language");
    if (!code.isString() || code.stringValue().isEmpty()) {
      throw ToolboxFailures.invalidBody("code is required and must be text");
    }
    if (!language.isString() || language.stringValue().isEmpty()) {
      throw ToolboxFailures.invalidBody("language is required and must be text");
    }
    CodeLanguage known =
        CodeLanguage.of(language.stringValue())
            .orElseThrow(() ->
                ToolboxFailures.badRequest(
                    "language must be python, javascript or typescript, not "
                        + language.stringValue()));
    return new CodeRequest(
        known,
        CommandBody.limited(code.stringValue(), "code", limits.commandBytesMax()),
        arguments(body),
        CommandBody.variables(body),
        CommandBody.timeout(body));
  }

  private static List<String> arguments(JsonNode body) {
    JsonNode list = body.path("argv");
    if (CommandBody.absent(list)) {
      return List.of();
    }
    if (!list.isArray() || list.size() > ARGUMENTS_MAX) {
      throw ToolboxFailures.badRequest(
          "argv must be a list of at most " + ARGUMENTS_MAX + " texts");
    }
    List<String> arguments = new ArrayList<>();
    for (JsonNode item : list) {
      if (!item.isString() || item.stringValue().indexOf('\0') >= 0) {
        throw ToolboxFailures.badRequest("argv must hold texts only, without NUL characters");
      }
      arguments.add(item.stringValue());
    }
    return arguments;
  }
}
