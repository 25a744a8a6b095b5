package dev.sandlot.toolbox.call;

import dev.sandlot.http.websocket.WebSocketEndpoint;

/// Decides about requests for a WebSocket.
@FunctionalInterface
public interface SocketEndpoint {
  /// Looks at a request before it is agreed to.
  ///
  /// @return who serves the connection
  /// @throws dev.sandlot.http.HttpFailure to refuse it with a status
  WebSocketEndpoint open(SocketCall call) throws Exception;
}
