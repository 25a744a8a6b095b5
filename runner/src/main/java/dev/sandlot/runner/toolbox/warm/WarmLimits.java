package dev.sandlot.runner.toolbox.warm;

import java.time.Duration;

/// How many processes wait, and for how long.
///
/// @param perProgram of one program in one sandbox
/// @param perProgramHurried the same while calls follow each other without a pause
/// @param hurryMax how long after such a call the larger number holds
/// @param idleMax how long they wait for a call before they are ended
public record WarmLimits(
    int perProgram, int perProgramHurried, Duration hurryMax, Duration idleMax) {
  /// What serves.
  public static final WarmLimits STANDARD =
      new WarmLimits(1, 2, Duration.ofSeconds(10), Duration.ofMinutes(3));
}
