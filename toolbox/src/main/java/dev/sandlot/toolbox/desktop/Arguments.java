package dev.sandlot.toolbox.desktop;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// What a caller asks, from its JSON body, checked.
record Arguments(JsonNode body) {
  private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,9}");
  private static final Set<String> BUTTONS = Set.of("left", "right", "middle");

  static Arguments of(Exchange exchange) {
    return new Arguments(Calls.body(exchange, ToolboxLimits.STANDARD));
  }

  /// A whole number of the query.
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
    return body.path(name).isMissingNode() || body.path(name).isNull();
  }

  /// A whole number between these; must be given.
  int integer(String name, int min, int max) {
    JsonNode number = body.path(name);
    if (!number.isIntegralNumber()
        || !number.canConvertToInt()
        || number.intValue() < min
        || number.intValue() > max) {
      throw DesktopFailures.badRequest(name + " must be a whole number from " + min + " to " + max);
    }
    return number.intValue();
  }

  /// A whole number between these; the standard one if none is given.
  int integer(String name, int min, int max, int standard) {
    return absent(name) ? standard : integer(name, min, max);
  }

  boolean flag(String name) {
    JsonNode flag = body.path(name);
    if (!absent(name) && !flag.isBoolean()) {
      throw DesktopFailures.badRequest(name + " must be true or false");
    }
    return flag.asBoolean(false);
  }

  /// A text; empty when none is given.
  Optional<String> text(String name) {
    JsonNode text = body.path(name);
    if (absent(name)) {
      return Optional.empty();
    }
    if (!text.isString()) {
      throw DesktopFailures.badRequest(name + " must be text");
    }
    return Optional.of(text.stringValue());
  }

  /// A text that is not empty.
  String requiredText(String name) {
    return text(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> DesktopFailures.badRequest(name + " is required and must be text"));
  }

  List<String> texts(String name, int max) {
    JsonNode list = body.path(name);
    List<String> texts = new ArrayList<>();
    if (absent(name)) {
      return texts;
    }
    if (!list.isArray() || list.size() > max) {
      throw DesktopFailures.badRequest(name + " must be a list of at most " + max + " texts");
    }
    for (JsonNode item : list) {
      if (!item.isString()) {
        throw DesktopFailures.badRequest(name + " must hold texts only");
      }
      texts.add(item.stringValue());
    }
    return texts;
  }

  /// A mouse button; the left one if none is given.
  String button() {
    String button =
        text("button").filter(text -> !text.isEmpty()).orElse("left").toLowerCase(Locale.ROOT);
    if (!BUTTONS.contains(button)) {
      throw DesktopFailures.badRequest("button must be left, right or middle, not " + button);
    }
    return button;
  }

  /// Key symbols of the modifiers to be held.
  List<Integer> modifiers() {
    return Keys.modifiers(texts("modifiers", Keys.MODIFIERS_MAX));
  }
}
