package dev.sandlot.toolbox;

import dev.sandlot.agentclient.AgentConnection;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.OperationTable;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.websocket.WebSocket;
import dev.sandlot.http.websocket.WebSocketEndpoint;
import dev.sandlot.http.websocket.WebSocketTunnel;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.runtime.NotRunning;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.ToolboxGateway;
import dev.sandlot.toolbox.call.SocketCall;
import dev.sandlot.toolbox.call.SocketRoute;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.sandbox.RunningSandboxes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Dispatches toolbox calls to the sandboxes of this machine. Thread-safe.
public final class Toolbox implements ToolboxGateway {
  private final RunningSandboxes sandboxes;
  private final OperationTable<ToolboxAccess> operations;
  private final List<SocketRoute> sockets;
  private final UnroutedOperations unrouted = UnroutedOperations.load();

  public Toolbox(RunningSandboxes sandboxes, ToolboxRoutes routes) {
    this.sandboxes = sandboxes;
    this.operations = routes.table();
    this.sockets = routes.sockets();
  }

  @Override
  public void serve(SandboxId id, String rawPath, Exchange exchange) throws Exception {
    String path = withoutSlash(rawPath);
    var match = operations.find(exchange.method(), path).orElse(null);
    if (match == null) {
      throw unknown(exchange.method(), path);
    }
    match.leaveWith(exchange);
    RunningSandbox sandbox = running(sandboxes.find(id));
    exchange.attribute(RunningSandbox.class, sandbox);
    try (AnswerCharge charge = sandbox.agent().answers().open()) {
      exchange.attribute(AnswerCharge.class, charge);
      charge.during(() -> match.operation().endpoint().serve(exchange));
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure);
    }
  }

  @Override
  public Optional<Tunnel> upgrade(SandboxId id, String rawPath, UpgradeRequest request)
      throws Exception {
    for (SocketRoute route : sockets) {
      Map<String, String> parameters = route.pattern().match(withoutSlash(rawPath)).orElse(null);
      if (parameters != null) {
        SocketCall call = new SocketCall(running(sandboxes.find(id)), request, parameters);
        return Optional.of(open(route, call));
      }
    }
    return Optional.empty();
  }

  private static Tunnel open(SocketRoute route, SocketCall call) throws Exception {
    WebSocketEndpoint conversation;
    try {
      conversation = route.endpoint().open(call);
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure);
    }
    return new WebSocketTunnel(
        call.request(),
        call.protocol(),
        route.limits(),
        socket -> {
          try {
            conversation.serve(socket);
          } catch (AgentFailure failure) {
            socket.close(WebSocket.INTERNAL_ERROR, ToolboxFailures.of(failure).sentence());
          }
        });
  }

  private static RunningSandbox running(Optional<RunningSandbox> sandbox) {
    return sandbox.orElseThrow(
        () -> new OperationFailure(ErrorCode.CONFLICT, "conflict: " + ClientWords.notRunning()));
  }

  private static String withoutSlash(String rawPath) {
    return rawPath.length() > 1 && rawPath.endsWith("/")
        ? rawPath.substring(0, rawPath.length() - 1)
        : rawPath;
  }

  private OperationFailure unknown(String method, String path) {
    return unrouted
        .find(method, path)
        .map(ToolboxFailures::notBuilt)
        .orElseGet(() -> ToolboxFailures.notFound("the toolbox has no " + method + " " + path));
  }

  @Override
  public PortConnection dial(SandboxId id, int port) throws IOException {
    RunningSandbox sandbox = sandboxes.find(id).orElseThrow(NotRunning::new);
    try {
      return new AgentPort(sandbox.agent().ports().dial(port));
    } catch (AgentFailure failure) {
      if (sandboxes.find(id).isEmpty()) {
        throw new NotRunning();
      }
      throw new IOException(
          "nothing answers on port " + port + " of the sandbox: " + failure.sentence(), failure);
    }
  }

  private record AgentPort(AgentConnection connection) implements PortConnection {
    @Override
    public InputStream in() {
      return connection.in();
    }

    @Override
    public OutputStream out() {
      return connection.out();
    }

    @Override
    public void closeOutput() {
      connection.closeOutput();
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
