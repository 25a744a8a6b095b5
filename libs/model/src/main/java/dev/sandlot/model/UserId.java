package dev.sandlot.model;

import java.util.Optional;
import java.util.UUID;

/// Names a user. A UUID in its canonical spelling, lower case, 36 characters.
public record UserId(UUID value) implements Comparable<UserId> {

  /// A new random id.
  public static UserId random() {
    return new UserId(UUID.randomUUID());
  }

  /// Reads an id. Only the canonical spelling counts: other spellings name nothing.
  public static Optional<UserId> parse(String text) {
    return Uuids.parse(text).map(UserId::new);
  }

  /// Reads an id that our own records hold.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static UserId of(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException("not a user's id: " + text));
  }

  @Override
  public int compareTo(UserId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
