package dev.sandlot.runner.dns;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// How many questions each source may ask: a bucket that fills evenly. Thread-safe.
final class QuestionRates {
  /// Sources beyond this push out the one longest silent.
  private static final int SOURCES_MAX = 10_000;

  private static final double NANOS_PER_SECOND = 1e9;

  private final double perSecond;
  private final double burst;
  private final Map<InetAddress, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Bucket> eldest) {
          return size() > SOURCES_MAX;
        }
      };

  private static final class Bucket {
    private double tokens;
    private long filledAtNanos;

    Bucket(double tokens, long filledAtNanos) {
      this.tokens = tokens;
      this.filledAtNanos = filledAtNanos;
    }
  }

  QuestionRates(int perSecond, int burst) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  /// Whether one more question is granted.
  synchronized boolean grant(InetAddress source, long nowNanos) {
    Bucket bucket = buckets.computeIfAbsent(source, _ -> new Bucket(burst, nowNanos));
    double gained = (nowNanos - bucket.filledAtNanos) / NANOS_PER_SECOND * perSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + gained);
    bucket.filledAtNanos = nowNanos;
    if (bucket.tokens < 1) {
      return false;
    }
    bucket.tokens--;
    return true;
  }
}
