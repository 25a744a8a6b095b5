package dev.sandlot.toolbox.system;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.Variables;
import java.util.List;
import java.util.Map;

/// A change of the environment of all later processes.
///
/// @param unset names of variables to remove
/// @param unsetValuePrefix removes variables whose values begin with it; empty for none
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

  /// Leaves out what may be secret.
  @Override
  public String toString() {
    return "EnvironmentChange[set=" + set.keySet() + ", unset=" + unset + "]";
  }
}
