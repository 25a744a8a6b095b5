package dev.sandlot.agentclient.process;

import java.time.Instant;

/// How a process has ended.
///
/// @param code 0 to 255; -1 when a signal ended it
/// @param signal 0 when none ended it
/// @param timedOut its time limit was over
/// @param outOfMemory it was ended to stay below the memory limit
/// @param at when the agent saw it
public record ProcessEnd(int code, int signal, boolean timedOut, boolean outOfMemory, Instant at) {

  /// The code that a shell would show for it: 128 and the signal when one ended it.
  public int shellCode() {
    return signal == 0 ? code : 128 + signal;
  }
}
