package dev.sandlot.toolbox.call;

import dev.sandlot.http.websocket.WebSocketEndpoint;

/// Accepts or refuses requests for a WebSocket.
@FunctionalInterface
public interface SocketEndpoint {
  /// Checks a request before the upgrade.
  ///
  /// @return what serves the connection
  /// @throws dev.sandlot.model.OperationFailure to refuse it with a status
  WebSocketEndpoint open(SocketCall call) throws Exception;
}
