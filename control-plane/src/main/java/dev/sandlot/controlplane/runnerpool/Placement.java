package dev.sandlot.controlplane.runnerpool;

import java.util.Comparator;

/// The strategies that an operator can choose.
public enum Placement implements PlacementStrategy {
  /// The runner with most memory left: sandboxes get as much of a machine as there is.
  SPREAD(Comparator.comparingDouble(Candidate::memoryLeft).reversed()),
  /// The runner with least memory left: machines that hold nothing can be switched off.
  PACK(Comparator.comparingDouble(Candidate::memoryLeft));

  private final Comparator<Candidate> order;

  Placement(Comparator<Candidate> order) {
    this.order = order;
  }

  @Override
  public Comparator<Candidate> order() {
    return order;
  }
}
