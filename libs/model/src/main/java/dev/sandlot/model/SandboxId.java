package dev.sandlot.model;

import java.util.Optional;
import java.util.UUID;

/// Names a sandbox. A UUID in its canonical spelling, lower case, 36 characters.
public record SandboxId(UUID value) implements Comparable<SandboxId> {

  /// A new random id.
  public static SandboxId random() {
    return new SandboxId(UUID.randomUUID());
  }

  /// Reads an id. Only the canonical spelling counts: other spellings name nothing.
  public static Optional<SandboxId> parse(String text) {
    return Uuids.parse(text).map(SandboxId::new);
  }

  /// Reads an id that our own records hold.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static SandboxId of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not a sandbox's id: " + text));
  }

  @Override
  public int compareTo(SandboxId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
