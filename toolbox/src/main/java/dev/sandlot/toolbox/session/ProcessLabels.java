package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.process.ProcessStatus;
import java.util.Map;

/// The labels by which the agent's processes of sessions are found again.
final class ProcessLabels {
  private static final String KIND = "sandlot.kind";
  private static final String SESSION = "sandlot.session";

  /// The name of a session, on its shell.
  static final String NAME = "sandlot.session-name";

  /// On a shell: the id of its ledger, the process that holds the list of commands.
  static final String LEDGER = "sandlot.ledger";

  /// On a command: its id.
  static final String COMMAND = "sandlot.command";

  /// On a command: its text, or the beginning of it.
  static final String TEXT = "sandlot.text";

  /// On a command: how many bytes the shell had written when the command was sent to it.
  static final String OFFSET = "sandlot.offset";

  /// On a command: whether it reads input from its caller.
  static final String INTERACTIVE = "sandlot.interactive";

  /// On a command: whether this input appears in its log.
  static final String ECHO = "sandlot.echo";

  private ProcessLabels() {}

  enum Kind {
    SHELL("session"),
    LEDGER("session-ledger"),
    COMMAND("session-command");

    private final String value;

    Kind(String value) {
      this.value = value;
    }

    Map<String, String> label() {
      return Map.of(KIND, value);
    }

    boolean of(ProcessStatus process) {
      return process.label(KIND).equals(value);
    }
  }

  static Map<String, String> ofSession(String key) {
    return Map.of(SESSION, key);
  }

  static Map<String, String> of(Kind kind, String key) {
    return Map.of(KIND, kind.value, SESSION, key);
  }
}
