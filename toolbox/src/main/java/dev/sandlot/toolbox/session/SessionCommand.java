package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.process.ProcessStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/// A command of a session.
///
/// @param text the beginning of a long one
/// @param status empty while it runs or waits
record SessionCommand(String id, String text, OptionalInt status, Source source) {

  /// Where its output is.
  sealed interface Source {
    /// In the shell's own streams, among others'.
    record Shared(Ledger.Begun begun) implements Source {}

    /// With a process that stands for it.
    record Separate(ProcessStatus process) implements Source {}
  }

  /// As clients read it; one that runs has no exit code at all.
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("command", text);
    status.ifPresent(value -> json.put("exitCode", value));
    return json;
  }
}
