package dev.sandlot.runner.dns;

import java.time.Duration;

/// Limits of the DNS server, for one sandbox and for all together.
///
/// @param questionsPerSecond of one sandbox, sustained
/// @param burst questions of one sandbox at once
/// @param listedNamesPerSecond new names that a sandbox with an allow list may look up, sustained;
///   a name is new until it was answered. Limited because queries can carry data to the outside
/// @param listedNamesBurst new names at once
/// @param namesRemembered answered names that are remembered, of one sandbox
/// @param inFlightOfOneMax pending questions of one sandbox
/// @param inFlightMax pending questions of all sandboxes
/// @param connectionsOfOneMax TCP connections of one sandbox
/// @param connectionsMax TCP connections of all sandboxes
/// @param connectionQuestionsMax questions on one of them
/// @param connectionIdleMax until the next question on a connection
/// @param connectionMax life of a connection, whatever is sent on it
/// @param answerMax how long an upstream may take
record DnsLimits(
    int questionsPerSecond,
    int burst,
    int listedNamesPerSecond,
    int listedNamesBurst,
    int namesRemembered,
    int inFlightOfOneMax,
    int inFlightMax,
    int connectionsOfOneMax,
    int connectionsMax,
    int connectionQuestionsMax,
    Duration connectionIdleMax,
    Duration connectionMax,
    Duration answerMax) {
  static final DnsLimits STANDARD =
      new DnsLimits(
          200,
          400,
          1,
          50,
          256,
          50,
          2_000,
          10,
          500,
          100,
          Duration.ofSeconds(5),
          Duration.ofSeconds(30),
          Duration.ofSeconds(3));
}
