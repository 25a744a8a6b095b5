package dev.sandlot.controlplane.runnerpool;

import java.util.Comparator;

/// Which of the runners that have room takes a sandbox. Pure.
@FunctionalInterface
public interface PlacementStrategy {
  /// The better candidate first. Those that are equal are taken in the order of their ids.
  Comparator<Candidate> order();
}
