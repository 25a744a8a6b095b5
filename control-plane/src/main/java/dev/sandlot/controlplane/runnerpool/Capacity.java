package dev.sandlot.controlplane.runnerpool;

import java.util.Optional;

/// How much of a runner may be promised.
///
/// @param cpu cores
/// @param memory GiB
/// @param disk GiB
record Capacity(double cpu, double memory, double disk) {
  /// Which resource does not suffice for another promise: "cpu", "memory" or "disk"; empty when all
  /// do. A promise without a disk fits on a disk that is full.
  Optional<String> lacks(Allocation promised, Allocation demand) {
    Allocation sum = promised.plus(demand);
    if (sum.cpu() > cpu) {
      return Optional.of("cpu");
    }
    if (sum.memory() > memory) {
      return Optional.of("memory");
    }
    return sum.disk() > disk && demand.disk() > 0 ? Optional.of("disk") : Optional.empty();
  }
}
