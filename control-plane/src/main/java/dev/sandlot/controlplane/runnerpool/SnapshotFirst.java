package dev.sandlot.controlplane.runnerpool;

import java.util.Comparator;

/// Runners that have the sandbox's snapshot before those to which it would have to be brought.
///
/// @param then decides among equals
record SnapshotFirst(PlacementStrategy then) implements PlacementStrategy {
  @Override
  public Comparator<Candidate> order() {
    return Comparator.comparing(Candidate::hasSnapshot).reversed().thenComparing(then.order());
  }
}
