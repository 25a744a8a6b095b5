package dev.sandlot.controlplane.snapshot;

/// A snapshot for all that is there as soon as somebody has built its image.
///
/// @param name as clients see it, and the image's
/// @param step of set-up that builds the image
/// @param cpu cores, 1 or more
/// @param memory GiB, 1 or more
/// @param disk GiB, 1 or more
record OptionalSnapshot(String name, String step, int cpu, int memory, int disk) {
  /// A screen with a window manager, for computer use.
  public static final OptionalSnapshot DESKTOP =
      new OptionalSnapshot("sandlot/desktop", "desktop", 2, 2, 3);

  DefaultSnapshot from(String image) {
    return new DefaultSnapshot(name, image, cpu, memory, disk);
  }
}
