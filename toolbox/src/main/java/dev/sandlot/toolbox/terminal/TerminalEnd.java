package dev.sandlot.toolbox.terminal;

import dev.sandlot.agentclient.process.ProcessEnd;

/// How a terminal has ended (docs/contract/terminals.md).
///
/// @param code -1 when a signal ended the shell
/// @param reason empty for code 0
public record TerminalEnd(int code, String reason) {
  private static final int INTERRUPTED = 130;
  private static final int KILLED = 137;
  private static final int TERMINATED = 143;
  private static final int SIGNALS_ABOVE = 128;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /// The terminal was deleted by a call.
  static final TerminalEnd DELETED = new TerminalEnd(KILLED, "SIGKILL");

  static TerminalEnd of(ProcessEnd end) {
    if (end.signal() != 0) {
      String reason =
          switch (end.signal()) {
            case SIGKILL -> end.outOfMemory() ? "out of memory" : "SIGKILL";
            case SIGTERM -> "SIGTERM";
            default -> "signal " + end.signal();
          };
      return new TerminalEnd(-1, reason);
    }
    return new TerminalEnd(end.code(), reason(end.code()));
  }

  private static String reason(int code) {
    return switch (code) {
      case 0 -> "";
      case INTERRUPTED -> "Ctrl+C";
      case KILLED -> "SIGKILL";
      case TERMINATED -> "SIGTERM";
      default -> code > SIGNALS_ABOVE ? "signal " + (code - SIGNALS_ABOVE) : "non-zero exit";
    };
  }
}
