package dev.sandlot.toolbox.session;

import java.time.Duration;

/// Limits of sessions.
///
/// @param sessionsMax of one sandbox
/// @param idBytesMax of a session's name
/// @param inlineTextBytesMax of a command that is written to the shell's input; longer ones go
///   through a file
/// @param sharedLogBytesMax kept of each of the shell's streams, for all commands that share them
/// @param ownLogBytesMax kept of each stream of a command with a log of its own
/// @param ownLogsBytesMax of all finished commands' own logs of a session; the oldest go beyond it
/// @param ledgerBytesMax of the list of commands; the oldest are forgotten beyond it
/// @param answerBytesMax of output that is held in memory for an answer
/// @param inputBytesMax of one input
/// @param graceMax how long processes of a deleted session may take to end
public record SessionLimits(
    int sessionsMax,
    int idBytesMax,
    int inlineTextBytesMax,
    long sharedLogBytesMax,
    long ownLogBytesMax,
    long ownLogsBytesMax,
    long ledgerBytesMax,
    int answerBytesMax,
    int inputBytesMax,
    Duration graceMax) {
  /// The limits of a server.
  static final SessionLimits STANDARD =
      new SessionLimits(
          1_000,
          1_024,
          2_000,
          32L << 20,
          128L << 20,
          256L << 20,
          4L << 20,
          256 << 10,
          1 << 20,
          Duration.ofSeconds(5));
}
