package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.PlainText;
import java.time.Duration;

/// The failures of language servers as HTTP failures.
final class LspFailures {
  private static final int MESSAGE_CHARACTERS_MAX = 500;

  private LspFailures() {}

  static OperationFailure notStarted(ServerAddress address) {
    return notInitialized(
        "no " + address.language().id() + " server was started for " + address.project());
  }

  static OperationFailure ended(ServerAddress address, ProcessEnd end, String fault) {
    String why =
        !fault.isEmpty()
            ? "was ended because " + fault
            : end.outOfMemory()
                ? "was ended because the sandbox's memory ran out"
                : end.signal() != 0
                    ? "was ended by signal " + end.signal()
                    : "ended with exit code " + end.code();
    return notInitialized(
        "the " + address.language().id() + " server for " + address.project() + " " + why);
  }

  static OperationFailure justEnded(ServerAddress address) {
    return notInitialized(
        "the " + address.language().id() + " server for " + address.project() + " has just ended");
  }

  private static OperationFailure notInitialized(String sentence) {
    return new OperationFailure(
        ErrorCode.LSP_SERVER_NOT_INITIALIZED, "bad request: " + sentence + "; start it first");
  }

  static OperationFailure timedOut(ServerAddress address, Duration limit) {
    return new OperationFailure(
        ErrorCode.GATEWAY_TIMEOUT,
        "the "
            + address.language().id()
            + " server for "
            + address.project()
            + " did not answer within "
            + limit.toSeconds()
            + " seconds; stop and start it if that goes on");
  }

  static OperationFailure refused(ServerAddress address, String message) {
    return broken("the " + address.language().id() + " server refused: " + printable(message));
  }

  static OperationFailure notInstalled(Language language, String message) {
    return broken(
        language.command().getFirst()
            + " could not be started ("
            + printable(message)
            + "); the sandbox's image must have "
            + language.packages());
  }

  /// @param message the end of its standard error
  static OperationFailure noHandshake(ServerAddress address, String why, String message) {
    String details = message.isBlank() ? "" : ": " + printable(message.strip());
    return broken("the " + address.language().id() + " server did not start: " + why + details);
  }

  private static OperationFailure broken(String sentence) {
    return new OperationFailure(
        ErrorCode.INTERNAL_SERVER_ERROR, "internal server error: " + sentence);
  }

  /// The end of a text from the sandbox, without control characters.
  private static String printable(String text) {
    String cut =
        text.length() > MESSAGE_CHARACTERS_MAX
            ? "…" + text.substring(text.length() - MESSAGE_CHARACTERS_MAX)
            : text;
    return PlainText.withoutControls(cut);
  }
}
