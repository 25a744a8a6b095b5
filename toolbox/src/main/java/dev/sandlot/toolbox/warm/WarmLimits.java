package dev.sandlot.toolbox.warm;

import java.time.Duration;

/// How many processes wait, and for how long.
///
/// @param perProgram of one program in one sandbox
/// @param pause without a call before one is started: calls that follow each other closely find
///   nothing, but are not slowed down by the start either
/// @param idleMax how long they wait for a call before they are ended
public record WarmLimits(int perProgram, Duration pause, Duration idleMax) {
  /// What serves.
  public static final WarmLimits STANDARD =
      new WarmLimits(1, Duration.ofMillis(20), Duration.ofMinutes(3));
}
