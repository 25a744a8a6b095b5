package dev.sandlot.model;

import java.util.Optional;
import java.util.UUID;

/// One parser for all ids.
public final class Uuids {
  private static final int LENGTH = 36;

  private Uuids() {}

  /// Reads the canonical spelling; no other names anything.
  public static Optional<UUID> parse(String text) {
    if (text.length() != LENGTH) {
      return Optional.empty();
    }
    try {
      UUID value = UUID.fromString(text);
      return value.toString().equals(text) ? Optional.of(value) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
