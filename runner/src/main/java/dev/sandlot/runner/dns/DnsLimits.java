package dev.sandlot.runner.dns;

import java.time.Duration;

/// What one sandbox, and all of them together, may ask of the name server.
///
/// @param questionsPerSecond of one sandbox, lasting
/// @param burst questions of one sandbox at once
/// @param listedNamesPerSecond names that a sandbox with an allow list may ask for and that its
///   list has not answered before, lasting: what is asked reaches somebody outside
/// @param listedNamesBurst such names at once
/// @param namesRemembered that an allow list has answered, of one sandbox
/// @param inFlightOfOneMax questions of one sandbox under way
/// @param inFlightMax questions of all sandboxes under way
/// @param connectionsOfOneMax TCP connections of one sandbox
/// @param connectionsMax TCP connections of all sandboxes
/// @param connectionQuestionsMax questions on one of them
/// @param connectionIdleMax until the next question
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
