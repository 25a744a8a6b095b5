package dev.sandlot.http.server;

import java.time.Duration;

/// What clients may take of a server before it knows who they are, and what it keeps open at all. A
/// stranger is a connection on which nobody has yet shown a good key or token.
///
/// @param connectionsMax open at once
/// @param ofOneSourceMax of them from one address; of IPv6, from one network of 64 bits
/// @param strangersMax open strangers whose request is not being served; for another one that comes
///   the oldest goes
/// @param headBytesMax of a request's line, and again of all its headers
/// @param headBytesFree of an unfinished head that each connection may have waiting
/// @param headsBytesMax what unfinished heads may have waiting beyond that, all together
/// @param headTimeMax from a head's first byte to its last
/// @param idleMax between requests; longer than clients keep unused connections
///   (docs/contract/transport.md: 30 s)
/// @param strangerBodyBytesMax of a stranger's body that is read
/// @param strangerTimeMax to send that, and to take the answer
/// @param bodyQuietMax how long nothing may come of a body whose sender is known
public record ConnectionLimits(
    int connectionsMax,
    int ofOneSourceMax,
    int strangersMax,
    int headBytesMax,
    int headBytesFree,
    int headsBytesMax,
    Duration headTimeMax,
    Duration idleMax,
    int strangerBodyBytesMax,
    Duration strangerTimeMax,
    Duration bodyQuietMax) {
  /// Some connections for each of a thousand sandboxes, in little of the server's memory.
  public static final ConnectionLimits STANDARD =
      new ConnectionLimits(
          2_000,
          500,
          500,
          64 * 1024,
          8 * 1024,
          16 << 20,
          Duration.ofSeconds(15),
          Duration.ofSeconds(70),
          64 * 1024,
          Duration.ofSeconds(30),
          Duration.ofMinutes(5));
}
