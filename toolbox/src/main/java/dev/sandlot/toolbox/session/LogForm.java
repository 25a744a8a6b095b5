package dev.sandlot.toolbox.session;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.ClientVersion;

/// The form of a log that a client expects, by its version
/// (docs/contract/sessions.md#forms-of-a-log).
enum LogForm {
  /// JSON with the marked log and each stream on its own.
  SPLIT,
  /// Each line marked with its stream.
  MARKED,
  /// Both streams as one, without marks.
  CLEAN;

  private static final String SPLIT_HEADER = "X-Daytona-Split-Output";
  private static final int SPLIT_SINCE = 167;
  private static final int MARKED_SINCE = 27;

  /// @param entrypoint whether it is the entrypoint's log, which is marked for clients that send no
  ///   version
  static LogForm of(Exchange exchange, boolean entrypoint) {
    ClientVersion version = ClientVersion.of(exchange);
    if (version.since(SPLIT_SINCE)) {
      return SPLIT;
    }
    if (version instanceof ClientVersion.Unstated) {
      boolean requested = exchange.header(SPLIT_HEADER).orElse("").equals("true");
      return requested || entrypoint ? MARKED : CLEAN;
    }
    return version.before(MARKED_SINCE) && !entrypoint ? CLEAN : MARKED;
  }

  /// For WebSockets: there a current client sends no version and expects marks.
  static LogForm ofSocket(ClientVersion version) {
    return version.before(MARKED_SINCE) ? CLEAN : MARKED;
  }
}
