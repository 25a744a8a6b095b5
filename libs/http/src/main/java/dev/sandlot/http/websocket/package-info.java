/// WebSockets by RFC 6455, on an upgraded connection of the server's. {@link
/// dev.sandlot.http.websocket.WebSocketTunnel} agrees to one, a {@link
/// dev.sandlot.http.websocket.WebSocketEndpoint} serves it.
@NullMarked
package dev.sandlot.http.websocket;

import org.jspecify.annotations.NullMarked;
