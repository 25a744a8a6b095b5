package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.process.ProcessStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/// A command of a session.
///
/// @param text the beginning of a long one
/// @param status exit status; empty while it runs or is queued
record SessionCommand(String id, String text, OptionalInt status, Source source) {

  /// Where its output is.
  sealed interface Source {
    /// In the shell's own streams, with that of other commands.
    record Shared(Ledger.Started started) implements Source {}

    /// With a placeholder process.
    record Separate(ProcessStatus process) implements Source {}
  }

  /// The contract's form; a command that runs has no `exitCode`.
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("command", text);
    status.ifPresent(value -> json.put("exitCode", value));
    return json;
  }
}
