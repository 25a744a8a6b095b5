package dev.sandlot.controlplane.runnerpool;

/// What is promised of a machine, to one sandbox or to all of a runner. A difference of two may be
/// negative.
///
/// @param cpu cores of sandboxes that run
/// @param memory GiB of sandboxes that run
/// @param disk GiB of sandboxes that have files there
public record Allocation(int cpu, int memory, int disk) {
  public static final Allocation NONE = new Allocation(0, 0, 0);

  public Allocation plus(Allocation other) {
    return new Allocation(cpu + other.cpu, memory + other.memory, disk + other.disk);
  }

  public Allocation minus(Allocation other) {
    return new Allocation(cpu - other.cpu, memory - other.memory, disk - other.disk);
  }
}
