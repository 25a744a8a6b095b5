package dev.sandlot.model;

import java.util.Optional;
import java.util.UUID;

/// Names an organisation. A UUID in its canonical spelling, lower case, 36 characters.
public record OrganizationId(UUID value) implements Comparable<OrganizationId> {

  /// A new random id.
  public static OrganizationId random() {
    return new OrganizationId(UUID.randomUUID());
  }

  /// Reads an id. Only the canonical spelling counts: other spellings name nothing.
  public static Optional<OrganizationId> parse(String text) {
    return Uuids.parse(text).map(OrganizationId::new);
  }

  /// Reads an id that our own records hold.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static OrganizationId of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not an organisation's id: " + text));
  }

  @Override
  public int compareTo(OrganizationId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
