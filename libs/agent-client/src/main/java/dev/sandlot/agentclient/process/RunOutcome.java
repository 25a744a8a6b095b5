package dev.sandlot.agentclient.process;

/// How a run ended.
public sealed interface RunOutcome {
  /// Why a process ended.
  enum Ending {
    /// It ended itself.
    EXIT,
    /// Its time limit was over.
    TIME_LIMIT,
    /// It, or a child of its, was ended because the sandbox's memory was used up.
    OUT_OF_MEMORY,
    /// Another signal ended it.
    SIGNAL
  }

  /// The process ran and has ended.
  ///
  /// @param code 0 to 255; -1 when a signal ended it
  /// @param signal that ended it; 0 for none
  record Exited(int code, Ending ending, int signal) implements RunOutcome {
    /// It ended itself.
    public Exited(int code) {
      this(code, Ending.EXIT, 0);
    }
  }

  /// The process could not be started.
  ///
  /// @param reason the system's message
  record NotStarted(String reason) implements RunOutcome {}
}
