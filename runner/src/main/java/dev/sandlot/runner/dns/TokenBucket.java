package dev.sandlot.runner.dns;

/// A rate limit that allows bursts. Thread-safe.
final class TokenBucket {
  private static final double NANOS_PER_SECOND = 1e9;

  private final double perSecond;
  private final double burst;
  private double tokens;
  private long filledAtNanos;

  TokenBucket(int perSecond, int burst, long nowNanos) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.filledAtNanos = nowNanos;
  }

  /// Takes a token; false when there is none.
  synchronized boolean take(long nowNanos) {
    double gained = (nowNanos - filledAtNanos) / NANOS_PER_SECOND * perSecond;
    tokens = Math.min(burst, tokens + gained);
    filledAtNanos = nowNanos;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
