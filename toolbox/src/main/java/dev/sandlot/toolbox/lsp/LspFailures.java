package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.PlainText;
import java.time.Duration;

/// The failures of language servers as HTTP failures.
final class LspFailures {
  private static final int MESSAGE_CHARACTERS_MAX = 500;

  private LspFailures() {}

  static HttpFailure notStarted(ServerAddress address) {
    return notInitialized(
        "no " + address.language().id() + " server was started for " + address.project());
  }

  static HttpFailure ended(ServerAddress address, ProcessEnd end, String fault) {
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

  static HttpFailure justEnded(ServerAddress address) {
    return notInitialized(
        "the " + address.language().id() + " server for " + address.project() + " has just ended");
  }

  private static HttpFailure notInitialized(String sentence) {
    return new HttpFailure(
        400, "LSP_SERVER_NOT_INITIALIZED", "bad request: " + sentence + "; start it first");
  }

  static HttpFailure timedOut(ServerAddress address, Duration limit) {
    return new HttpFailure(
        504,
        "GATEWAY_TIMEOUT",
        "the "
            + address.language().id()
            + " server for "
            + address.project()
            + " did not answer within "
            + limit.toSeconds()
            + " seconds; stop and start it if that goes on");
  }

  static HttpFailure refused(ServerAddress address, String message) {
    return broken("the " + address.language().id() + " server refused: " + printable(message));
  }

  static HttpFailure notInstalled(Language language, String message) {
    return broken(
        language.command().getFirst()
            + " could not be started ("
            + printable(message)
            + "); the sandbox's image must have "
            + language.packages());
  }

  /// @param message the end of its standard error
  static HttpFailure noHandshake(ServerAddress address, String why, String message) {
    String details = message.isBlank() ? "" : ": " + printable(message.strip());
    return broken("the " + address.language().id() + " server did not start: " + why + details);
  }

  private static HttpFailure broken(String sentence) {
    return new HttpFailure(500, "INTERNAL_SERVER_ERROR", "internal server error: " + sentence);
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
