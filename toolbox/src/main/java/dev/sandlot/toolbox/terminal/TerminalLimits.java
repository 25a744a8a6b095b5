package dev.sandlot.toolbox.terminal;

/// How much terminals may take.
///
/// @param terminalsMax that run in one sandbox
/// @param idBytesMax of a terminal's name
/// @param environmentBytesMax of all variables that a terminal is given
/// @param logBytesMax of output that is kept; a viewer that is further behind is closed
/// @param replayBytesMax of output that a viewer sees again when it connects
public record TerminalLimits(
    int terminalsMax,
    int idBytesMax,
    int environmentBytesMax,
    long logBytesMax,
    long replayBytesMax) {
  /// What serves.
  public static final TerminalLimits STANDARD =
      new TerminalLimits(500, 1_024, 48 << 10, 16L << 20, 1L << 20);
}
