package dev.sandlot.toolbox.terminal;

/// Limits of terminals.
///
/// @param terminalsMax that run in one sandbox
/// @param idBytesMax of a terminal's name
/// @param environmentBytesMax of all variables that a terminal is given
/// @param logBytesMax of output that is kept; a viewer that is further behind is closed
/// @param replayBytesMax of earlier output that a viewer gets when it connects
public record TerminalLimits(
    int terminalsMax,
    int idBytesMax,
    int environmentBytesMax,
    long logBytesMax,
    long replayBytesMax) {
  /// The limits of a server.
  public static final TerminalLimits STANDARD =
      new TerminalLimits(500, 1_024, 48 << 10, 16L << 20, 1L << 20);
}
