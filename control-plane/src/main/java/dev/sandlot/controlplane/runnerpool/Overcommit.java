package dev.sandlot.controlplane.runnerpool;

/// How much more than a runner has may be promised to its sandboxes, as factors of 0.1 or more.
/// Limits hold for each sandbox; most of them idle, and an idle one takes little.
///
/// @param cpu of cores
/// @param memory of memory
/// @param disk of disk
public record Overcommit(double cpu, double memory, double disk) {
  /// For machines that run many small and mostly idle sandboxes.
  public static final Overcommit DEFAULT = new Overcommit(64, 16, 16);

  public Overcommit {
    if (!(cpu >= 0.1) || !(memory >= 0.1) || !(disk >= 0.1)) {
      throw new IllegalArgumentException("an overcommit factor must be 0.1 or more");
    }
  }
}
