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

  /// A process that did nothing but fork takes about 1.1 MiB of its gVisor kernel (measured), so a
  /// fork bomb reaches this limit, which it survives, before that of the memory, which it does not.
  private static final int PROCESSES_PER_GIB = 512;

  public SandboxLimits {
    require(cpuMillis >= 100 && cpuMillis <= 1_024_000, "cpuMillis");
    require(memoryBytes >= 64 * MIB, "memoryBytes");
    require(diskBytes >= 16 * MIB, "diskBytes");
    require(processes >= 16 && processes <= 32_768, "processes");
  }

  /// From the contract's whole units: cores and GiB. Processes go by the memory.
  ///
  /// @param processesMax however much memory there is
  public static SandboxLimits ofUnits(int cores, int memoryGib, int diskGib, int processesMax) {
    int processes = (int) Math.min(processesMax, (long) memoryGib * PROCESSES_PER_GIB);
    return new SandboxLimits(cores * 1000L, memoryGib * GIB, diskGib * GIB, processes);
  }

  private static void require(boolean holds, String name) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is out of range");
    }
  }
}
