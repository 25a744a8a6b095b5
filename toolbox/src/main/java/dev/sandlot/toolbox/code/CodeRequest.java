package dev.sandlot.toolbox.code;

import dev.sandlot.toolbox.program.CodeLanguage;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A program that is to be run once.
///
/// @param timeLimit zero: none
public record CodeRequest(
    CodeLanguage language,
    String code,
    List<String> arguments,
    Map<String, String> environment,
    Duration timeLimit) {
  public CodeRequest {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  /// Without what may be secret.
  @Override
  public String toString() {
    return "CodeRequest[language=" + language + ", arguments=" + arguments.size() + "]";
  }
}
