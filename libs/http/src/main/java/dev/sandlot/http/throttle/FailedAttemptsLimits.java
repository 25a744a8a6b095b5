package dev.sandlot.http.throttle;

import java.time.Duration;

/// How often somebody may fail to authenticate.
///
/// @param sourceBurst how often a source may fail in a row
/// @param sourceEvery until it may fail once more
/// @param everyoneBurst how often all sources together may fail in a row, before each has fewer
/// @param everyoneEvery until they may fail once more
/// @param sourceBurstInAFlood how often a source may fail in a row from then on
/// @param sourcesMax sources, and good credentials, that are remembered
/// @param remembered for how long after they were last seen
public record FailedAttemptsLimits(
    int sourceBurst,
    Duration sourceEvery,
    int everyoneBurst,
    Duration everyoneEvery,
    int sourceBurstInAFlood,
    int sourcesMax,
    Duration remembered) {
  public static final FailedAttemptsLimits STANDARD =
      new FailedAttemptsLimits(
          100,
          Duration.ofSeconds(1),
          2_000,
          Duration.ofMillis(50),
          10,
          20_000,
          Duration.ofHours(24));
}
