package dev.sandlot.toolbox.desktop;

import com.google.re2j.Pattern;
import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// What a caller asks of a desktop: its body, and what all calls have in common.
record Arguments(BodyReader body) {
  private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,9}");
  private static final Set<String> BUTTONS = Set.of("left", "right", "middle");

  static Arguments of(Exchange exchange) {
    return new Arguments(Calls.body(exchange, ToolboxLimits.STANDARD));
  }

  /// A whole number from the query; empty when not given.
  static OptionalInt queryInteger(Exchange exchange, String name) {
    String text = exchange.query(name).orElse("");
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!INTEGER.matcher(text).matches()) {
      throw DesktopFailures.badRequest(name + " must be a whole number, not " + text);
    }
    return OptionalInt.of(Integer.parseInt(text));
  }

  boolean absent(String name) {
    return !body.has(name);
  }

  /// A required whole number, from `min` to `max`.
  int integer(String name, int min, int max) {
    return body.requiredInteger(name, min, max);
  }

  /// A whole number from `min` to `max`, with a default.
  int integer(String name, int min, int max, int standard) {
    return body.integer(name, min, max).orElse(standard);
  }

  /// A place on the screen, in pixels; must be given.
  int coordinate(String name, int max) {
    return integer(name, -max, max);
  }

  /// A refusal for what only the call knows to be wrong.
  RuntimeException refused(String name, String problem) {
    return body.refused(name, problem);
  }

  boolean flag(String name) {
    return body.flag(name).orElse(false);
  }

  /// A text; empty when not given.
  Optional<String> text(String name) {
    return body.rawText(name);
  }

  /// A required text, not empty.
  String requiredText(String name) {
    return body.requiredRawText(name);
  }

  List<String> texts(String name, int max) {
    return body.texts(name, max).orElse(List.of());
  }

  /// A mouse button; by default the left one.
  String button() {
    String button =
        text("button").filter(text -> !text.isEmpty()).orElse("left").toLowerCase(Locale.ROOT);
    if (!BUTTONS.contains(button)) {
      throw body.refused("button", "must be left, right or middle, not " + button);
    }
    return button;
  }

  /// The key symbols of the modifiers to hold.
  List<Integer> modifiers() {
    return Keys.modifiers(texts("modifiers", Keys.MODIFIERS_MAX));
  }
}
