package dev.sandlot.toolbox.code;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.call.Variables;
import dev.sandlot.toolbox.program.CodeLanguage;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A program to run once.
///
/// @param timeLimit zero for none
public record CodeRequest(
    CodeLanguage language,
    String code,
    List<String> arguments,
    Map<String, String> environment,
    Duration timeLimit) {
  private static final int ARGUMENTS_MAX = 1_000;

  public CodeRequest {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static CodeRequest read(BodyReader body, ToolboxLimits limits) {
    BodyReader required = body.refusing(ToolboxFailures::invalidBody);
    String code = required.requiredRawText("code");
    String language = required.requiredRawText("language");
    return new CodeRequest(
        CodeLanguage.of(language)
            .orElseThrow(() ->
                body.refused(
                    "language", "must be python, javascript or typescript, not " + language)),
        Calls.command(code, "code", limits),
        arguments(body),
        Variables.read(body, "envs"),
        body.seconds("timeout").orElse(Duration.ZERO));
  }

  private static List<String> arguments(BodyReader body) {
    List<String> arguments = body.texts("argv", ARGUMENTS_MAX).orElse(List.of());
    for (String argument : arguments) {
      if (argument.indexOf('\0') >= 0) {
        throw body.refused("argv", "must hold strings without NUL characters");
      }
    }
    return arguments;
  }

  /// Leaves out what may be secret.
  @Override
  public String toString() {
    return "CodeRequest[language=" + language + ", arguments=" + arguments.size() + "]";
  }
}
