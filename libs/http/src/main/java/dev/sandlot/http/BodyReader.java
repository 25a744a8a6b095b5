package dev.sandlot.http;

import dev.sandlot.model.OperationFailure;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// A caller's JSON object, read field by field into a record. What does not fit is refused with a
/// sentence that names the field, an inner one by its path, `position.line`. A field that is null
/// counts as absent, one that nobody reads is ignored. Immutable.
public final class BodyReader {
  private static final int NUMBER_CHARACTERS_MAX = 32;
  private static final long SECONDS_MAX = 0xffff_ffffL;

  private final JsonNode object;
  private final String prefix;
  private final Scalars scalars;
  private final Function<String, ? extends RuntimeException> refusal;

  private BodyReader(
      JsonNode object,
      String prefix,
      Scalars scalars,
      Function<String, ? extends RuntimeException> refusal) {
    this.object = object;
    this.prefix = prefix;
    this.scalars = scalars;
    this.refusal = refusal;
  }

  /// What counts as a scalar of the kind that is asked for.
  public enum Scalars {
    /// One of that JSON type.
    STRICT,
    /// Also what says the same as another: "10" is a number, "true" a boolean, and 10 a string.
    COERCED
  }

  /// Reads a body of this text; an empty one counts as `{}`.
  ///
  /// @param refusal makes the failure of a sentence
  /// @throws RuntimeException by `refusal`, when it is not a JSON object of bounded size
  public static BodyReader of(
      byte[] json, Scalars scalars, Function<String, ? extends RuntimeException> refusal) {
    try {
      return new BodyReader(Json.object(json), "", scalars, refusal);
    } catch (OperationFailure failure) {
      throw refusal.apply(failure.sentence());
    }
  }

  /// An object of one field, whose value is this JSON text.
  public static BodyReader holding(
      String field, String json, Function<String, ? extends RuntimeException> refusal) {
    try {
      byte[] object = Json.bytes(Map.of(field, Json.read(json, JsonNode.class)));
      return of(object, Scalars.COERCED, refusal);
    } catch (JacksonException _) {
      throw refusal.apply(field + " must be JSON");
    }
  }

  /// The same object, whose fields are refused otherwise.
  public BodyReader refusing(Function<String, ? extends RuntimeException> otherwise) {
    return new BodyReader(object, prefix, scalars, otherwise);
  }

  /// A refusal for what only the caller knows to be wrong.
  ///
  /// @param problem of the field, "must not be empty"
  public RuntimeException refused(String name, String problem) {
    return refusal.apply(prefix + name + " " + problem);
  }

  /// The whole object as a record, for what our own processes send.
  public <T> T as(Class<T> type) {
    try {
      return Json.read(Json.bytes(object), type);
    } catch (JacksonException e) {
      throw refusal.apply("the body does not fit: " + e.getOriginalMessage());
    }
  }

  private Optional<JsonNode> field(String name) {
    JsonNode node = object.get(name);
    return node == null || node.isNull() ? Optional.empty() : Optional.of(node);
  }

  private RuntimeException missing(String name, String what) {
    return refused(name, "is required and must be " + what);
  }

  /// Whether the field is there and not null.
  public boolean has(String name) {
    return field(name).isPresent();
  }

  /// Whether the field asks for anything: not null, not false, not zero, not an empty string, array
  /// or object.
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

  /// A string of whatever characters, as long as the body may be.
  public Optional<String> rawText(String name) {
    return field(name)
        .map(node -> {
          if (!node.isString() && (scalars == Scalars.STRICT || !node.isValueNode())) {
            throw refused(name, "must be a string");
          }
          return node.asString();
        });
  }

  /// One that must be there and not be empty.
  public String requiredRawText(String name) {
    return rawText(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> missing(name, "a string that is not empty"));
  }

  /// A string that a database, a process and the wire can hold: without NUL and broken Unicode.
  ///
  /// @param lengthMax in UTF-16 units
  public Optional<String> text(String name, int lengthMax) {
    return rawText(name).map(text -> checked(prefix + name, text, lengthMax));
  }

  /// One that must be there and not be empty.
  ///
  /// @param lengthMax in UTF-16 units
  public String requiredText(String name, int lengthMax) {
    return text(name, lengthMax)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> missing(name, "a string that is not empty"));
  }

  /// A whole number between the two, inclusive.
  public Optional<Integer> integer(String name, int min, int max) {
    return field(name).map(node -> (int) whole(name, node, min, max));
  }

  /// One that must be there.
  public int requiredInteger(String name, int min, int max) {
    return integer(name, min, max)
        .orElseThrow(() -> missing(name, "a whole number from " + min + " to " + max));
  }

  /// Whole seconds, from 0 to 2³² − 1.
  public Optional<Duration> seconds(String name) {
    return field(name).map(node -> Duration.ofSeconds(whole(name, node, 0, SECONDS_MAX)));
  }

  private long whole(String name, JsonNode node, long min, long max) {
    boolean kind =
        scalars == Scalars.STRICT ? node.isIntegralNumber() : node.isNumber() || node.isString();
    OptionalLong value = kind ? whole(node.asString().strip(), min, max) : OptionalLong.empty();
    return value.orElseThrow(
        () -> refused(name, "must be a whole number from " + min + " to " + max));
  }

  private static OptionalLong whole(String digits, long min, long max) {
    try {
      // Bounded first: a text of a million digits, or 1e999999999, shall not cost us.
      double rough = Double.parseDouble(digits);
      return digits.length() <= NUMBER_CHARACTERS_MAX && rough >= min && rough <= max
          ? OptionalLong.of(new BigDecimal(digits).longValueExact())
          : OptionalLong.empty();
    } catch (NumberFormatException | ArithmeticException _) {
      return OptionalLong.empty();
    }
  }

  /// A boolean.
  public Optional<Boolean> flag(String name) {
    return field(name)
        .map(node -> {
          boolean coerced = scalars == Scalars.COERCED && node.isString();
          return switch (node.isBoolean() || coerced ? node.asString() : "") {
            case "true" -> true;
            case "false" -> false;
            default -> throw refused(name, "must be true or false");
          };
        });
  }

  /// An array of strings of whatever characters.
  public Optional<List<String>> texts(String name, int max) {
    return field(name)
        .map(node -> {
          if (!node.isArray() || node.size() > max) {
            throw refused(name, "must be an array of at most " + max + " strings");
          }
          List<String> texts = new ArrayList<>();
          for (JsonNode item : node) {
            if (!item.isString()) {
              throw refused(name, "must hold strings only");
            }
            texts.add(item.stringValue());
          }
          return texts;
        });
  }

  /// An array of strings that must be there; it may be empty.
  public List<String> requiredTexts(String name, int max) {
    return texts(name, max)
        .orElseThrow(() -> missing(name, "an array of at most " + max + " strings"));
  }

  /// An object of strings, without NUL and broken Unicode; lengths are in UTF-16 units.
  public Optional<Map<String, String>> textMap(
      String name, int entriesMax, int keyLengthMax, int valueLengthMax) {
    return field(name)
        .map(node -> {
          String path = prefix + name;
          if (!node.isObject()) {
            throw refused(name, "must be an object of strings");
          }
          if (node.size() > entriesMax) {
            throw refused(name, "may have at most " + entriesMax + " entries");
          }
          Map<String, String> entries = new LinkedHashMap<>();
          for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String key = checked("a key of " + path, entry.getKey(), keyLengthMax);
            if (key.isEmpty()) {
              throw refusal.apply("a key of " + path + " must not be empty");
            }
            if (!entry.getValue().isString()) {
              throw refused(name + "." + key, "must be a string");
            }
            String value = entry.getValue().stringValue();
            entries.put(key, checked(path + "." + key, value, valueLengthMax));
          }
          return entries;
        });
  }

  /// An inner object.
  public Optional<BodyReader> object(String name) {
    return field(name)
        .map(node -> {
          if (!node.isObject()) {
            throw refused(name, "must be an object");
          }
          return new BodyReader(node, prefix + name + ".", scalars, refusal);
        });
  }

  /// An inner object that must be there.
  public BodyReader requiredObject(String name) {
    return object(name).orElseThrow(() -> missing(name, "an object"));
  }

  private String checked(String path, String text, int lengthMax) {
    if (text.length() > lengthMax) {
      throw refusal.apply(path + " may have at most " + lengthMax + " characters");
    }
    for (int index = 0; index < text.length(); index++) {
      char unit = text.charAt(index);
      if (Character.isHighSurrogate(unit)
          && index + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(index + 1))) {
        index++;
      } else if (unit == 0 || Character.isSurrogate(unit)) {
        throw refusal.apply(path + " must not hold NUL or broken Unicode characters");
      }
    }
    return text;
  }
}
