package dev.sandlot.launcher;

import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.RuntimeFailure.Kind;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Requests and answers as lines of JSON (api/launcher.md#transport). Thread-safe.
final class LauncherWire {
  /// Fields that a newer launcher adds are not read.
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /// A request, without the end of its line.
  byte[] request(Operation<?> operation) {
    ObjectNode request = MAPPER.createObjectNode();
    request.put("op", operation.kind().op());
    request.setAll((ObjectNode) MAPPER.valueToTree(operation));
    return MAPPER.writeValueAsBytes(request);
  }

  /// @throws RuntimeFailure the launcher's, or INTERNAL when the line is no answer
  <A> A answer(byte[] line, Class<A> type) {
    JsonNode answer;
    try {
      answer = MAPPER.readTree(line);
    } catch (JacksonException e) {
      throw new RuntimeFailure(Kind.INTERNAL, "the launcher's answer is not JSON", e);
    }
    JsonNode error = answer.path("error");
    if (error.isObject()) {
      throw new RuntimeFailure(
          kind(error.path("code").asString("internal")),
          error.path("message").asString("the launcher gave no reason"));
    }
    JsonNode ok = answer.path("ok");
    if (!ok.isObject()) {
      throw new RuntimeFailure(Kind.INTERNAL, "the launcher's answer is neither ok nor an error");
    }
    try {
      return Optional.ofNullable(MAPPER.treeToValue(ok, type)).orElseThrow();
    } catch (JacksonException e) {
      throw new RuntimeFailure(Kind.INTERNAL, "the launcher's answer does not fit", e);
    }
  }

  private static Kind kind(String code) {
    return switch (code) {
      case "invalid" -> Kind.INVALID;
      case "forbidden" -> Kind.FORBIDDEN;
      case "not_found" -> Kind.NOT_FOUND;
      case "exists" -> Kind.EXISTS;
      case "no_space" -> Kind.NO_SPACE;
      case "capacity" -> Kind.CAPACITY;
      case "engine" -> Kind.ENGINE;
      default -> Kind.INTERNAL;
    };
  }
}
