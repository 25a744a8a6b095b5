package dev.sandlot.http.websocket;

import java.io.IOException;

/// Serves one WebSocket, whose upgrade has been agreed to.
@FunctionalInterface
public interface WebSocketEndpoint {
  /// Serves the connection until it is over, on a virtual thread. When it returns without having
  /// closed the connection, that is closed as normal.
  ///
  /// @throws IOException when the other side is gone: ends quietly
  /// @throws Exception anything else closes the connection with 1011 and is logged
  void serve(WebSocket socket) throws Exception;
}
