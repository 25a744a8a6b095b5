package dev.sandlot.http;

import dev.sandlot.model.OperationFailure;
import java.io.OutputStream;
import java.util.Iterator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SequenceWriter;
import tools.jackson.databind.json.JsonMapper;

/// JSON as our wire wants it: unknown properties are ignored, absent ones are null or zero in
/// records. Thread-safe.
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  /// Of anything that somebody else wrote: a tree takes many times its text, and `[{},{},…]` most.
  private static final int TOKENS_MAX = 500_000;

  private static final JsonMapper BOUNDED =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxTokenCount(TOKENS_MAX).build())
                  .build())
          .build();

  private Json() {}

  public static byte[] bytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }

  public static String text(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /// Reads what our own processes wrote.
  ///
  /// @throws JacksonException when it does not fit
  public static <T> T read(String json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }

  /// Reads what our own processes wrote.
  ///
  /// @throws JacksonException when it does not fit
  public static <T> T read(byte[] json, Class<T> type) {
    return MAPPER.readValue(json, type);
  }

  /// Writes an array value by value, so that it is never held as a whole.
  public static void writeArray(OutputStream out, Iterator<?> values) {
    try (SequenceWriter array = MAPPER.writer().writeValuesAsArray(out)) {
      while (values.hasNext()) {
        array.write(values.next());
      }
    }
  }

  /// Reads what a program in a sandbox wrote: up to half a million values and names.
  ///
  /// @throws JacksonException when it is something else
  public static JsonNode hostile(byte[] json) {
    return BOUNDED.readTree(json);
  }

  /// Reads a caller's body, which must be a JSON object. An empty body counts as `{}`.
  ///
  /// @throws OperationFailure BAD_REQUEST when it is not
  public static JsonNode object(byte[] body) {
    if (body.length == 0) {
      return MAPPER.createObjectNode();
    }
    JsonNode node;
    try {
      node = BOUNDED.readTree(body);
    } catch (StreamConstraintsException _) {
      throw OperationFailure.badRequest(
          "the body nests too deep, holds more than "
              + TOKENS_MAX
              + " values and names, or a number or name that is too long");
    } catch (JacksonException e) {
      throw OperationFailure.badRequest("the body is not valid JSON: " + e.getOriginalMessage());
    }
    if (!node.isObject()) {
      throw OperationFailure.badRequest("the body must be a JSON object");
    }
    return node;
  }
}
