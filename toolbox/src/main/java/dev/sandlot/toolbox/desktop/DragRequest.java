package dev.sandlot.toolbox.desktop;

import java.util.List;
import java.util.Map;

/// A request to drag.
///
/// @param from x and y
/// @param to x and y
/// @param modifiers key symbols of the modifiers to hold
record DragRequest(List<Integer> from, List<Integer> to, String button, List<Integer> modifiers) {
  DragRequest {
    from = List.copyOf(from);
    to = List.copyOf(to);
    modifiers = List.copyOf(modifiers);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static DragRequest read(Arguments arguments, int coordinateMax) {
    return new DragRequest(
        List.of(
            arguments.coordinate("startX", coordinateMax),
            arguments.coordinate("startY", coordinateMax)),
        List.of(
            arguments.coordinate("endX", coordinateMax),
            arguments.coordinate("endY", coordinateMax)),
        arguments.button(),
        arguments.modifiers());
  }

  /// The parameters of the call to the desktop program.
  Map<String, Object> parameters() {
    return Map.of("from", from, "to", to, "button", button, "modifiers", modifiers);
  }
}
