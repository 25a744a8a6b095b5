package dev.sandlot.http.websocket;

import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/// An upgrade to a WebSocket that has been agreed to: says so to the client, and has an endpoint
/// serve the connection. From any origin; without extensions.
public final class WebSocketTunnel implements Tunnel {
  private final UpgradeRequest request;
  private final Optional<String> protocol;
  private final WebSocketLimits limits;
  private final WebSocketEndpoint endpoint;

  /// @param protocol the one of the offered subprotocols that is selected; empty only when none is
  ///   offered, since clients give up otherwise
  /// @throws HttpFailure when the request does not begin a WebSocket
  public WebSocketTunnel(
      UpgradeRequest request,
      Optional<String> protocol,
      WebSocketLimits limits,
      WebSocketEndpoint endpoint) {
    WebSocketHandshake.check(request);
    if (protocol.isPresent() && !request.protocols().contains(protocol.get())) {
      throw new IllegalArgumentException("a subprotocol that was not offered: " + protocol.get());
    }
    this.request = request;
    this.protocol = protocol;
    this.limits = limits;
    this.endpoint = endpoint;
  }

  @Override
  public void run(InputStream in, OutputStream out) throws IOException {
    out.write(WebSocketHandshake.agreement(request, protocol));
    new WebSocketConnection(in, out, limits).serve(endpoint);
  }
}
