package dev.sandlot.toolbox.call;

import dev.sandlot.http.PathPattern;
import dev.sandlot.http.websocket.WebSocketLimits;

/// A path of the toolbox that is a WebSocket.
///
/// @param id the operation's, as in {@link ToolboxRow}
public record SocketRoute(
    String id, PathPattern pattern, WebSocketLimits limits, SocketEndpoint endpoint) {
  public SocketRoute(String id, String pattern, SocketEndpoint endpoint) {
    this(id, new PathPattern(pattern), WebSocketLimits.STANDARD, endpoint);
  }
}
