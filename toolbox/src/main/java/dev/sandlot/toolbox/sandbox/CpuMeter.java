package dev.sandlot.toolbox.sandbox;

import java.time.Duration;

/// Computes a sandbox's CPU usage in percent of its limit from the CPU time used since its start.
/// Thread-safe.
public final class CpuMeter {
  /// Over a shorter window the clock's resolution distorts the result.
  private static final long WINDOW_NANOS_MIN = Duration.ofMillis(500).toNanos();

  private final long cpuMillis;
  private long lastUsedNanos;
  private long lastAtNanos;
  private double lastShare;
  private boolean marked;

  /// For a sandbox that ran before this runner: its first value is 0, since its CPU time may have
  /// been used hours ago.
  ///
  /// @param cpuMillis the limit in thousandths of a core; 0 when it is not known
  CpuMeter(long cpuMillis) {
    this.cpuMillis = cpuMillis;
  }

  /// For a sandbox that has just started.
  CpuMeter(long cpuMillis, long nowNanos) {
    this.cpuMillis = cpuMillis;
    this.lastAtNanos = nowNanos;
    this.marked = true;
  }

  /// The limit in whole cores, at least one.
  public int cores() {
    return (int) Math.max(1, cpuMillis / 1_000);
  }

  /// The share of the limit used since the last call, 0 to 100.
  public synchronized double percent(Duration used, long nowNanos) {
    if (!marked) {
      marked = true;
      lastUsedNanos = used.toNanos();
      lastAtNanos = nowNanos;
      return 0;
    }
    long elapsed = nowNanos - lastAtNanos;
    if (elapsed >= WINDOW_NANOS_MIN) {
      double cores = cpuMillis == 0 ? 1 : cpuMillis / 1_000.0;
      double share = 100.0 * (used.toNanos() - lastUsedNanos) / (elapsed * cores);
      lastShare = Math.clamp(share, 0, 100);
      lastUsedNanos = used.toNanos();
      lastAtNanos = nowNanos;
    }
    return lastShare;
  }
}
