package dev.sandlot.toolbox.desktop;

import java.util.List;
import java.util.Map;

/// A request to click.
///
/// @param modifiers key symbols of the modifiers to hold
record ClickRequest(int x, int y, String button, boolean twice, List<Integer> modifiers) {
  ClickRequest {
    modifiers = List.copyOf(modifiers);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static ClickRequest read(Arguments arguments, int coordinateMax) {
    return new ClickRequest(
        arguments.coordinate("x", coordinateMax),
        arguments.coordinate("y", coordinateMax),
        arguments.button(),
        arguments.flag("double"),
        arguments.modifiers());
  }

  /// The parameters of the call to the desktop program.
  Map<String, Object> parameters() {
    return Map.of("x", x, "y", y, "button", button, "double", twice, "modifiers", modifiers);
  }
}
