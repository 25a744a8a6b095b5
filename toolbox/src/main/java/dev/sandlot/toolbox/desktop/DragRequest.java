package dev.sandlot.toolbox.desktop;

import java.util.List;
import java.util.Map;

/// A drag that a caller wants.
///
/// @param from x and y
/// @param to x and y
/// @param modifiers key symbols of those to be held
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

  /// As the desktop's program wants it.
  Map<String, Object> wanted() {
    return Map.of("from", from, "to", to, "button", button, "modifiers", modifiers);
  }
}
