package dev.sandlot.toolbox.call;

import dev.sandlot.http.PathPattern;
import dev.sandlot.http.websocket.WebSocketLimits;

/// A path of the toolbox that is a WebSocket.
public record SocketRoute(PathPattern pattern, WebSocketLimits limits, SocketEndpoint endpoint) {
  public SocketRoute(String pattern, SocketEndpoint endpoint) {
    this(new PathPattern(pattern), WebSocketLimits.STANDARD, endpoint);
  }
}
