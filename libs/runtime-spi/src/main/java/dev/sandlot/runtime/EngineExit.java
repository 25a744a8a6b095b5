package dev.sandlot.runtime;

import java.time.Instant;

/// How the engine's process ended.
///
/// @param code 0 to 255; -1 when a signal ended it
/// @param signal 0 for none
/// @param outOfMemory the kernel ended it at its memory limit
public record EngineExit(int code, int signal, boolean outOfMemory, Instant at) {
  /// Why the sandbox ended, as a sentence for its owner.
  public String reason() {
    if (outOfMemory) {
      return "the sandbox used more memory than its limit and was ended; its files are kept";
    }
    if (signal != 0) {
      return "the sandbox was ended by signal " + signal + "; its files are kept";
    }
    return "the sandbox ended by itself with exit code " + code + "; its files are kept";
  }
}
