package dev.sandlot.toolbox.warm;

import java.time.Duration;

/// Limits of waiting processes.
///
/// @param perProgram waiting processes of one program in one sandbox
/// @param pause without a call before one is started: calls in quick succession find none, but are
///   not slowed down by the start either
/// @param idleMax how long they wait for a call before they are ended
public record WarmLimits(int perProgram, Duration pause, Duration idleMax) {
  /// The limits of a server.
  public static final WarmLimits STANDARD =
      new WarmLimits(1, Duration.ofMillis(20), Duration.ofMinutes(3));
}
