package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where a page of a list ended: the last sandbox's sort value and id. Opaque to clients.
public record Cursor(String value, SandboxId id) {
  private static final int LENGTH_MAX = 2048;

  /// As it travels; sort and order are kept so that a cursor is not used with others.
  private record Wire(
      @Nullable String sort, boolean ascending, @Nullable String value, @Nullable String id) {}

  public String encode(SandboxQuery.Sort sort, boolean ascending) {
    byte[] json = Json.bytes(new Wire(sort.wire(), ascending, value, id.toString()));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json);
  }

  /// Reads a cursor for a list in this order.
  ///
  /// @throws OperationFailure BAD_REQUEST when it is none
  public static Cursor decode(String text, SandboxQuery.Sort sort, boolean ascending) {
    return parse(text, sort, ascending)
        .orElseThrow(() ->
            OperationFailure.badRequest(
                "cursor is not valid here; use nextCursor of the page before, with the same"
                    + " sort and order"));
  }

  private static Optional<Cursor> parse(String text, SandboxQuery.Sort sort, boolean ascending) {
    if (text.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      String json = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
      Wire wire = Json.read(json, Wire.class);
      boolean fits = sort.wire().equals(wire.sort()) && wire.ascending() == ascending;
      String value = wire.value();
      if (!fits || value == null || wire.id() == null || !reads(sort, value)) {
        return Optional.empty();
      }
      return SandboxId.parse(wire.id()).map(id -> new Cursor(value, id));
    } catch (RuntimeException _) {
      // Whatever is wrong with what a client made up, it is no cursor of ours.
      return Optional.empty();
    }
  }

  /// Whether the database will be able to read the value as the column's type.
  private static boolean reads(SandboxQuery.Sort sort, String value) {
    return switch (sort.columnType()) {
      case "integer" -> Integer.toString(Integer.parseInt(value)).equals(value);
      case "timestamptz" -> Instant.parse(value).toString().equals(value);
      case "uuid" -> SandboxId.parse(value).isPresent();
      default -> value.indexOf('\0') < 0;
    };
  }
}
