package dev.sandlot.toolbox.desktop;

import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// A request to scroll: steps of the wheel at a place.
///
/// @param modifiers key symbols of the modifiers to hold
record ScrollRequest(int x, int y, String direction, int amount, List<Integer> modifiers) {
  private static final Set<String> DIRECTIONS = Set.of("up", "down", "left", "right");

  ScrollRequest {
    modifiers = List.copyOf(modifiers);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static ScrollRequest read(Arguments arguments, DesktopLimits limits) {
    String direction = arguments.requiredText("direction").toLowerCase(Locale.ROOT);
    if (!DIRECTIONS.contains(direction)) {
      throw arguments.refused("direction", "must be up, down, left or right, not " + direction);
    }
    return new ScrollRequest(
        arguments.coordinate("x", limits.coordinateMax()),
        arguments.coordinate("y", limits.coordinateMax()),
        direction,
        Math.max(1, arguments.integer("amount", 0, limits.scrollMax(), 1)),
        arguments.modifiers());
  }

  /// The parameters of the call to the desktop program.
  Map<String, Object> parameters() {
    return Map.of("x", x, "y", y, "direction", direction, "amount", amount, "modifiers", modifiers);
  }
}
