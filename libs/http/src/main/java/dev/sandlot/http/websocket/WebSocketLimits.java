package dev.sandlot.http.websocket;

import java.time.Duration;

/// What a WebSocket may take.
///
/// @param messageBytesMax of one message of the other side
/// @param waitingBytesMax of messages that wait to be received
/// @param sendStallMax how long a message may wait for the other side to take it
/// @param farewellMax how long the other side may take to answer a close
public record WebSocketLimits(
    int messageBytesMax, int waitingBytesMax, Duration sendStallMax, Duration farewellMax) {
  /// For terminals and logs (docs/contract/terminals.md#the-websocket: messages of at most 64 KiB).
  public static final WebSocketLimits STANDARD =
      new WebSocketLimits(64 << 10, 1 << 20, Duration.ofSeconds(30), Duration.ofSeconds(5));

  /// The same for messages of another size.
  public WebSocketLimits withMessages(int bytesMax) {
    return new WebSocketLimits(
        bytesMax, Math.max(bytesMax, waitingBytesMax), sendStallMax, farewellMax);
  }
}
