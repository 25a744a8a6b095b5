package dev.sandlot.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Takes over an upgraded connection, response head included: nothing has been answered yet.
@FunctionalInterface
public interface Tunnel {
  /// Serves the connection until either side ends it. Runs on a virtual thread and may block. The
  /// connection is closed when it returns, and when `out` is closed, which ends reads and writes
  /// that wait.
  ///
  /// @param in what the client sends after the request's head
  /// @param out to the client; each write is sent at once
  /// @throws IOException when either side is gone: ends the tunnel quietly
  void run(InputStream in, OutputStream out) throws IOException;

  /// A tunnel that answers an upgrade with a refusal.
  ///
  /// @param body in the shape of the process's failures
  static Tunnel refusing(HttpFailure failure, Object body) {
    return (_, out) -> out.write(RefusedUpgrade.answer(failure, body));
  }
}
