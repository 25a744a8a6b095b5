package dev.sandlot.runtime;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.model.SandboxId;
import java.io.IOException;
import java.util.Optional;

/// Access to running sandboxes, for the proxy, which has authorized the caller. Thread-safe.
public interface ToolboxGateway {
  /// Serves a request to a sandbox's toolbox.
  ///
  /// @param rawPath the toolbox's path, "/process/execute", percent-encoding untouched
  /// @throws dev.sandlot.http.HttpFailure to be answered in the toolbox's shape
  void serve(SandboxId id, String rawPath, Exchange exchange) throws Exception;

  /// Accepts or refuses an upgrade of a toolbox request to a WebSocket.
  ///
  /// @param rawPath the toolbox's path, percent-encoding untouched
  /// @param request without the caller's credentials
  /// @return what takes the connection over; empty when the path has no WebSocket: the request is
  ///   then to be served like any other
  /// @throws dev.sandlot.http.HttpFailure to refuse it, in the toolbox's shape
  Optional<Tunnel> upgrade(SandboxId id, String rawPath, UpgradeRequest request) throws Exception;

  /// Opens a TCP connection to a port inside, also to a server that listens on localhost only.
  ///
  /// @param port 1 to 65535
  /// @throws NotRunning when the sandbox does not run
  /// @throws IOException when nothing listens there
  /// @throws dev.sandlot.http.HttpFailure when the sandbox's machine cannot be reached
  PortConnection dial(SandboxId id, int port) throws IOException;
}
