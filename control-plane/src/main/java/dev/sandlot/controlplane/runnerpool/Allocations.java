package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.model.RunnerId;

/// What sandboxes hold on a runner. Counted from the sandboxes each time, never kept beside them,
/// so that it cannot drift.
@FunctionalInterface
public interface Allocations {
  Allocation of(RunnerId runner);

  /// @param cpu cores of the sandboxes that run
  /// @param memory GiB of the sandboxes that run
  /// @param disk GiB of all that have files there
  record Allocation(int cpu, int memory, int disk) {}
}
