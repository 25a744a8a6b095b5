package dev.sandlot.model;

import java.util.Optional;
import java.util.UUID;

/// Names a runner. A UUID in its canonical spelling, lower case, 36 characters.
public record RunnerId(UUID value) implements Comparable<RunnerId> {

  /// A new random id.
  public static RunnerId random() {
    return new RunnerId(UUID.randomUUID());
  }

  /// Reads an id. Only the canonical spelling counts: other spellings name nothing.
  public static Optional<RunnerId> parse(String text) {
    return Uuids.parse(text).map(RunnerId::new);
  }

  /// Reads an id that our own records hold.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static RunnerId of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not a runner's id: " + text));
  }

  @Override
  public int compareTo(RunnerId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
