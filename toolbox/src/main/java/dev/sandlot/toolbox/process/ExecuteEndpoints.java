package dev.sandlot.toolbox.process;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.ProcessRequest;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.code.ChartProgram;
import dev.sandlot.toolbox.process.CommandRunner.Command;
import dev.sandlot.toolbox.program.CodeLanguage;
import dev.sandlot.toolbox.program.FedProgram;
import dev.sandlot.toolbox.program.ShellText;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.warm.WarmProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// `/process/execute` and `/process/code-run`.
public final class ExecuteEndpoints {
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final long TIMEOUT_SECONDS_MAX = 0xffff_ffffL;
  private static final int ARGUMENTS_MAX = 1_000;
  private static final int VARIABLES_MAX = 1_000;
  private static final int VARIABLE_CHARACTERS_MAX = 65_536;

  private final CommandRunner commands;
  private final ToolboxLimits limits;

  public ExecuteEndpoints(CommandRunner commands, ToolboxLimits limits) {
    this.commands = commands;
    this.limits = limits;
  }

  /// The command's standard input is empty; its text reaches the shell another way.
  public void execute(Exchange exchange) throws IOException, InterruptedException {
    JsonNode body = Calls.body(exchange, limits);
    JsonNode command = body.path("command");
    if (!command.isString() || command.stringValue().isBlank()) {
      throw ToolboxFailures.badRequest("command is required and must be text");
    }
    String text = limited(command.stringValue(), "command");
    JsonNode directory = body.path("cwd");
    if (!absent(directory) && !directory.isString()) {
      throw ToolboxFailures.badRequest("cwd must be text");
    }
    RunningSandbox sandbox = Calls.sandbox(exchange);
    String shell = sandbox.account().shell();
    ProcessRequest request =
        ShellText.of(shell, text).request(variables(body), directory.asString(""), timeout(body));
    Optional<WarmProgram> program =
        ShellText.waits(shell) ? asItIs(request, new WarmProgram.Shell(shell)) : Optional.empty();
    Command whole = new Command(request, program, Optional.empty(), Optional.empty());
    commands.run(sandbox, whole, exchange);
  }

  public void runCode(Exchange exchange) throws IOException, InterruptedException {
    JsonNode body = Calls.body(exchange, limits);
    JsonNode code = body.path("code");
    JsonNode language = body.path("language");
    if (!code.isString() || code.stringValue().isEmpty()) {
      throw ToolboxFailures.invalidBody("code is required and must be text");
    }
    if (!language.isString() || language.stringValue().isEmpty()) {
      throw ToolboxFailures.invalidBody("language is required and must be text");
    }
    CodeLanguage runner =
        CodeLanguage.of(language.stringValue())
            .orElseThrow(() ->
                ToolboxFailures.badRequest(
                    "language must be python, javascript or typescript, not "
                        + language.stringValue()));
    List<String> arguments = arguments(body);
    String text = limited(code.stringValue(), "code");
    Optional<ChartProgram> charts =
        runner == CodeLanguage.PYTHON
            ? ChartProgram.of(text, limits.commandBytesMax())
            : Optional.empty();
    FedProgram program = runner.program(charts.map(ChartProgram::text).orElse(text), arguments);
    ProcessRequest request = program.request(variables(body), "", timeout(body));
    Optional<WarmProgram> warm =
        runner == CodeLanguage.PYTHON && arguments.isEmpty()
            ? asItIs(request, new WarmProgram.Python())
            : Optional.empty();
    Command whole = new Command(request, warm, charts, runner.folder(program));
    commands.run(Calls.sandbox(exchange), whole, exchange);
  }

  /// A process that was started before has the sandbox's environment and working directory: it
  /// serves calls that give none of their own.
  private static Optional<WarmProgram> asItIs(ProcessRequest request, WarmProgram program) {
    return request.environment().isEmpty() && request.workingDirectory().isEmpty()
        ? Optional.of(program)
        : Optional.empty();
  }

  private String limited(String text, String name) {
    if (text.getBytes(StandardCharsets.UTF_8).length > limits.commandBytesMax()) {
      throw new HttpFailure(
          413,
          "BAD_REQUEST",
          "bad request: "
              + name
              + " is larger than "
              + limits.commandBytesMax()
              + " bytes; upload it as a file and run that");
    }
    return text;
  }

  private static List<String> arguments(JsonNode body) {
    JsonNode list = body.path("argv");
    if (absent(list)) {
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

  private static Map<String, String> variables(JsonNode body) {
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

  private static Duration timeout(JsonNode body) {
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
