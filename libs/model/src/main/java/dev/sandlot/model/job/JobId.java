package dev.sandlot.model.job;

import dev.sandlot.model.Uuids;
import java.util.Optional;
import java.util.UUID;

/// Names a job. A UUID in its canonical spelling, lower case, 36 characters.
public record JobId(UUID value) implements Comparable<JobId> {

  /// A new random id.
  public static JobId random() {
    return new JobId(UUID.randomUUID());
  }

  /// Reads an id. Only the canonical spelling counts: other spellings name nothing.
  public static Optional<JobId> parse(String text) {
    return Uuids.parse(text).map(JobId::new);
  }

  /// Reads an id that our own records hold.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static JobId of(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException("not a job's id: " + text));
  }

  @Override
  public int compareTo(JobId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
