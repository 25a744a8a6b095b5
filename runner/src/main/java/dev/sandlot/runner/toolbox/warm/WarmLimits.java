package dev.sandlot.runner.toolbox.warm;

import java.time.Duration;

/// How many processes wait, and for how long.
///
/// @param perProgram of one program in one sandbox
/// @param idleMax how long they wait for a call before they are ended
public record WarmLimits(int perProgram, Duration idleMax) {
  /// What serves.
  public static final WarmLimits STANDARD = new WarmLimits(1, Duration.ofMinutes(3));
}
