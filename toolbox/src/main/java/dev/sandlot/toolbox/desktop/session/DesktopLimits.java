package dev.sandlot.toolbox.desktop.session;

import java.time.Duration;

/// Limits of computer use.
///
/// @param startTime until the desktop must be ready
/// @param callTime until the program inside must have answered
/// @param typingTime that typing one text may take
/// @param answerBytesMax of the program inside
/// @param keptBytesMax of the program's answers that are kept on the sandbox's disk
/// @param logBytesMax of a log in an answer
/// @param textCharactersMax that are typed in one call
/// @param coordinateMax in pixels, either way
/// @param scrollMax turns of the wheel in one call
/// @param windowsMax listed
/// @param nodesMax of the accessibility tree, visited
/// @param depthMax of the accessibility tree in an answer
/// @param recordingStopTime until a recording's file must be complete
public record DesktopLimits(
    Duration startTime,
    Duration callTime,
    Duration typingTime,
    int answerBytesMax,
    long keptBytesMax,
    int logBytesMax,
    int textCharactersMax,
    int coordinateMax,
    int scrollMax,
    int windowsMax,
    int nodesMax,
    int depthMax,
    Duration recordingStopTime) {
  public static final DesktopLimits STANDARD =
      new DesktopLimits(
          Duration.ofSeconds(30),
          Duration.ofSeconds(30),
          Duration.ofMinutes(10),
          32 << 20,
          48L << 20,
          256 << 10,
          100_000,
          32_767,
          1_000,
          1_000,
          20_000,
          200,
          Duration.ofSeconds(10));
}
