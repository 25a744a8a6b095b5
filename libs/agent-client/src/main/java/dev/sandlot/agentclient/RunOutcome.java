package dev.sandlot.agentclient;

/// How a run ended.
public sealed interface RunOutcome {
  /// The process ran and has ended.
  ///
  /// @param code 0 to 255; -1 when a signal ended it
  /// @param timedOut its time limit was over
  record Exited(int code, boolean timedOut) implements RunOutcome {}

  /// The process could not be started.
  ///
  /// @param reason the system's words
  record NotStarted(String reason) implements RunOutcome {}
}
