package dev.sandlot.controlplane.platform;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// A caller's JSON object, read field by field. Scalars are coerced ("10" counts as 10,
/// control-api.md §1.1), null counts as absent, and whatever does not fit is a 400 that names the
/// field.
public final class RequestBody {
  private static final int BYTES_MAX = 1 << 20;

  private final JsonNode object;
  private final String prefix;

  private RequestBody(JsonNode object, String prefix) {
    this.object = object;
    this.prefix = prefix;
  }

  /// Reads the body, at most 1 MiB of it; none counts as `{}`.
  public static RequestBody of(Exchange exchange) {
    return new RequestBody(Json.object(exchange.bodyBytes(BYTES_MAX)), "");
  }

  /// An object of one field, whose value is this JSON text.
  ///
  /// @throws HttpFailure 400, naming the field, when the text is no JSON
  public static RequestBody holding(String field, String json) {
    try {
      byte[] object = Json.bytes(Map.of(field, Json.read(json, JsonNode.class)));
      return new RequestBody(Json.object(object), "");
    } catch (JacksonException _) {
      throw HttpFailure.badRequest(field + " must be JSON");
    }
  }

  /// The whole body as a record, for what our own processes send.
  ///
  /// @throws HttpFailure 400 when it does not fit
  public <T> T as(Class<T> type) {
    try {
      return Json.read(Json.bytes(object), type);
    } catch (JacksonException e) {
      throw HttpFailure.badRequest("the body does not fit: " + e.getOriginalMessage());
    }
  }

  private Optional<JsonNode> field(String name) {
    JsonNode node = object.get(name);
    return node == null || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  /// Whether the field is there and not null.
  public boolean has(String name) {
    return field(name).isPresent();
  }

  /// Whether the field asks for anything: not null, not false, not zero, not an empty text or list.
  public boolean asks(String name) {
    return field(name)
        .filter(node ->
            switch (node.getNodeType()) {
              case BOOLEAN -> node.booleanValue();
              case NUMBER -> node.decimalValue().signum() != 0;
              case STRING -> !node.stringValue().isEmpty();
              case ARRAY, OBJECT -> !node.isEmpty();
              default -> true;
            })
        .isPresent();
  }

  /// A text of at most `lengthMax` UTF-16 units.
  public Optional<String> text(String name, int lengthMax) {
    return field(name).map(node -> checked(prefix + name, scalar(name, node), lengthMax));
  }

  private String scalar(String name, JsonNode node) {
    if (!node.isValueNode()) {
      throw HttpFailure.badRequest(prefix + name + " must be a string");
    }
    return node.asString();
  }

  /// A whole number between the two, inclusive.
  public Optional<Integer> integer(String name, int least, int most) {
    return field(name).map(node -> integer(name, node, least, most));
  }

  private int integer(String name, JsonNode node, int least, int most) {
    String wanted = prefix + name + " must be a whole number from " + least + " to " + most;
    if (!node.isNumber() && !node.isString()) {
      throw HttpFailure.badRequest(wanted);
    }
    try {
      // Bounded first: a text of a million digits, or 1e999999999, shall not cost us.
      String digits = node.asString().strip();
      double rough = Double.parseDouble(digits);
      if (digits.length() <= 32 && rough >= least && rough <= most) {
        return new BigDecimal(digits).intValueExact();
      }
    } catch (NumberFormatException | ArithmeticException _) {
      throw HttpFailure.badRequest(wanted);
    }
    throw HttpFailure.badRequest(wanted);
  }

  public Optional<Boolean> bool(String name) {
    return field(name)
        .map(node -> {
          String word = node.isBoolean() || node.isString() ? node.asString() : "";
          return switch (word) {
            case "true" -> true;
            case "false" -> false;
            default -> throw HttpFailure.badRequest(prefix + name + " must be true or false");
          };
        });
  }

  /// An object of texts.
  public Optional<Map<String, String>> textMap(
      String name, int entriesMax, int keyLengthMax, int valueLengthMax) {
    return field(name)
        .map(node -> {
          String path = prefix + name;
          if (!node.isObject()) {
            throw HttpFailure.badRequest(path + " must be an object of strings");
          }
          if (node.size() > entriesMax) {
            throw HttpFailure.badRequest(path + " may have at most " + entriesMax + " entries");
          }
          Map<String, String> entries = new LinkedHashMap<>();
          for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String key = checked("a key of " + path, entry.getKey(), keyLengthMax);
            if (key.isEmpty()) {
              throw HttpFailure.badRequest("a key of " + path + " must not be empty");
            }
            if (!entry.getValue().isString()) {
              throw HttpFailure.badRequest(path + "." + key + " must be a string");
            }
            String value = entry.getValue().stringValue();
            entries.put(key, checked(path + "." + key, value, valueLengthMax));
          }
          return entries;
        });
  }

  /// What the database and the wire can hold: no NUL, no half of a surrogate pair.
  private static String checked(String path, String text, int lengthMax) {
    if (text.length() > lengthMax) {
      throw HttpFailure.badRequest(path + " may have at most " + lengthMax + " characters");
    }
    for (int index = 0; index < text.length(); index++) {
      char unit = text.charAt(index);
      if (Character.isHighSurrogate(unit)
          && index + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(index + 1))) {
        index++;
      } else if (unit == 0 || Character.isSurrogate(unit)) {
        throw HttpFailure.badRequest(path + " must not hold NUL or broken Unicode characters");
      }
    }
    return text;
  }
}
