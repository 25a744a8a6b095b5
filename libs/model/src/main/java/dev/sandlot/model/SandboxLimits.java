package dev.sandlot.model;

/// How much of a machine a sandbox may use.
///
/// @param cpuMillis thousandths of a core, 100 to 1,024,000
/// @param memoryBytes 64 MiB or more
/// @param diskBytes what its files may take, 16 MiB or more
/// @param processes processes and threads at a time, 16 to 32,768
public record SandboxLimits(long cpuMillis, long memoryBytes, long diskBytes, int processes) {
  /// One gibibyte.
  public static final long GIB = 1L << 30;

  private static final long MIB = 1L << 20;

  public SandboxLimits {
    require(cpuMillis >= 100 && cpuMillis <= 1_024_000, "cpuMillis");
    require(memoryBytes >= 64 * MIB, "memoryBytes");
    require(diskBytes >= 16 * MIB, "diskBytes");
    require(processes >= 16 && processes <= 32_768, "processes");
  }

  /// From the contract's whole units: cores and GiB.
  public static SandboxLimits ofUnits(int cores, int memoryGib, int diskGib, int processes) {
    return new SandboxLimits(cores * 1000L, memoryGib * GIB, diskGib * GIB, processes);
  }

  private static void require(boolean holds, String name) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is out of range");
    }
  }
}
