package dev.sandlot.toolbox.lsp;

import java.time.Duration;

/// Limits of language servers.
///
/// @param serversMax that run in one sandbox
/// @param documentsMax open at one server
/// @param documentBytesMax of a document
/// @param queryCharactersMax of a search
/// @param messageBytesMax of one message of a server
/// @param messageValuesMax in it, names counted too
/// @param headerBytesMax before a message
/// @param largeMessageBytes from which on few messages are parsed at a time
/// @param floodBytesMax that a server may send within the window
/// @param floodWindow the window
/// @param keptOutputBytes of each stream of a server, on the sandbox's disk
/// @param completionsMax in an answer
/// @param symbolsMax in an answer
/// @param startMax until a server has answered the initialize request
/// @param requestMax until it has answered, and how long a call waits for the calls before it
/// @param shutdownMax until it has answered the shutdown request, and until it has ended after that
/// @param search of a project by reading its documents
record LspLimits(
    int serversMax,
    int documentsMax,
    int documentBytesMax,
    int queryCharactersMax,
    int messageBytesMax,
    int messageValuesMax,
    int headerBytesMax,
    int largeMessageBytes,
    long floodBytesMax,
    Duration floodWindow,
    long keptOutputBytes,
    int completionsMax,
    int symbolsMax,
    Duration startMax,
    Duration requestMax,
    Duration shutdownMax,
    Search search) {
  /// The limits of a server.
  static final LspLimits STANDARD =
      new LspLimits(
          8,
          200,
          1 << 20,
          1_000,
          4 << 20,
          400_000,
          4_096,
          256 << 10,
          64 << 20,
          Duration.ofSeconds(10),
          4 << 20,
          5_000,
          5_000,
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(2),
          new Search(300, 30, 16 << 20, 1 << 20, Duration.ofSeconds(8)));

  /// Limits of a search for the symbols of a project.
  ///
  /// @param filesMax whose symbols are requested one by one
  /// @param openedMax that are opened for a server that searches by itself
  /// @param bytesMax of these files together
  /// @param namesBytesMax of their names together
  /// @param timeMax of the search; below the timeout of one client, ten seconds
  record Search(int filesMax, int openedMax, long bytesMax, int namesBytesMax, Duration timeMax) {}
}
