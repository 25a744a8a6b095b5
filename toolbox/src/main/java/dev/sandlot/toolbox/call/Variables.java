package dev.sandlot.toolbox.call;

import com.google.re2j.Pattern;
import dev.sandlot.http.BodyReader;
import java.util.Map;

/// Reads environment variables from bodies.
public final class Variables {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final int ENTRIES_MAX = 1_000;
  private static final int NAME_CHARACTERS_MAX = 65_536;

  private Variables() {}

  /// Variables whose names are valid in a shell; none when the field is absent.
  ///
  /// @throws RuntimeException the body's refusal of what does not fit
  public static Map<String, String> read(BodyReader body, String field) {
    Map<String, String> variables = readAnyNames(body, field);
    for (String name : variables.keySet()) {
      if (!NAME.matches(name)) {
        throw body.refused(
            field,
            "may hold names of letters, digits and underscores that do not begin with a digit, not "
                + name);
      }
    }
    return variables;
  }

  /// Variables of any names; none when the field is absent.
  ///
  /// @throws RuntimeException the body's refusal of what does not fit
  public static Map<String, String> readAnyNames(BodyReader body, String field) {
    return body.textMap(field, ENTRIES_MAX, NAME_CHARACTERS_MAX, Integer.MAX_VALUE)
        .orElse(Map.of());
  }
}
