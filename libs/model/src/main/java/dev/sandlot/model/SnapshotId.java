package dev.sandlot.model;

import java.util.Optional;
import java.util.UUID;

/// Names a snapshot. A UUID in its canonical spelling, lower case, 36 characters.
public record SnapshotId(UUID value) implements Comparable<SnapshotId> {

  /// A new random id.
  public static SnapshotId random() {
    return new SnapshotId(UUID.randomUUID());
  }

  /// Reads an id. Only the canonical spelling counts: other spellings name nothing.
  public static Optional<SnapshotId> parse(String text) {
    return Uuids.parse(text).map(SnapshotId::new);
  }

  /// Reads an id that our own records hold.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static SnapshotId of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not a snapshot's id: " + text));
  }

  @Override
  public int compareTo(SnapshotId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
