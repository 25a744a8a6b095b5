package dev.sandlot.toolbox.session;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.ClientVersion;

/// In which form a client of some generation wants a log
/// (docs/contract/sessions.md#forms-of-a-log).
enum LogForm {
  /// JSON with the marked log and its two halves.
  SPLIT,
  /// Each line marked with its stream.
  MARKED,
  /// Both streams as one, without marks.
  CLEAN;

  private static final String SPLIT_HEADER = "X-Daytona-Split-Output";
  private static final int SPLIT_SINCE = 167;
  private static final int MARKED_SINCE = 27;

  /// @param entrypoint whose logs are marked for those who say nothing
  static LogForm of(Exchange exchange, boolean entrypoint) {
    ClientVersion version = ClientVersion.of(exchange);
    if (version.since(SPLIT_SINCE)) {
      return SPLIT;
    }
    if (version instanceof ClientVersion.Unstated) {
      boolean asked = exchange.header(SPLIT_HEADER).orElse("").equals("true");
      return asked || entrypoint ? MARKED : CLEAN;
    }
    return version.before(MARKED_SINCE) && !entrypoint ? CLEAN : MARKED;
  }

  /// For WebSockets, where one client of today says nothing and wants marks.
  static LogForm ofSocket(ClientVersion version) {
    return version.before(MARKED_SINCE) ? CLEAN : MARKED;
  }
}
