package dev.sandlot.toolbox.system;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.Variables;
import java.util.List;
import java.util.Map;

/// What is to change in the environment of all later processes.
///
/// @param unset names
/// @param unsetValuePrefix also those whose values begin so; empty for none
record EnvironmentChange(Map<String, String> set, List<String> unset, String unsetValuePrefix) {
  EnvironmentChange {
    set = Map.copyOf(set);
    unset = List.copyOf(unset);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static EnvironmentChange read(BodyReader body) {
    return new EnvironmentChange(
        Variables.read(body, "set"),
        body.texts("unset", Integer.MAX_VALUE).orElse(List.of()),
        body.rawText("unsetValuePrefix").orElse(""));
  }

  /// Without what may be secret.
  @Override
  public String toString() {
    return "EnvironmentChange[set=" + set.keySet() + ", unset=" + unset + "]";
  }
}
