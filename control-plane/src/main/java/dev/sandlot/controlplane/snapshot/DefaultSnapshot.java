package dev.sandlot.controlplane.snapshot;

/// The snapshot of sandboxes that name none.
///
/// @param name as clients see it, "sandlot/default"
/// @param image the image's id on the runners
/// @param cpu cores, 1 or more
/// @param memory GiB, 1 or more
/// @param disk GiB, 1 or more
public record DefaultSnapshot(String name, String image, int cpu, int memory, int disk) {
  /// The image that set-up builds.
  public static final DefaultSnapshot BUILT_IN =
      new DefaultSnapshot("sandlot/default", "default", 1, 1, 3);

  public DefaultSnapshot {
    if (cpu < 1 || memory < 1 || disk < 1) {
      throw new IllegalArgumentException("the default snapshot's resources must be 1 or more");
    }
  }
}
