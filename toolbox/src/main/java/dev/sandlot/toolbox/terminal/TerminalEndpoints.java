package dev.sandlot.toolbox.terminal;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.TerminalSize;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.websocket.WebSocketEndpoint;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.SocketCall;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// The calls about terminals, over HTTP.
final class TerminalEndpoints {
  private static final String EXIT_TOKEN = "X-Daytona-Pty-Exit-Control";

  private final ToolboxLimits limits;
  private final TerminalLimits terminalLimits;
  private final Terminals terminals;

  TerminalEndpoints(ToolboxLimits limits, TerminalLimits terminalLimits) {
    this.limits = limits;
    this.terminalLimits = terminalLimits;
    this.terminals = new Terminals(terminalLimits);
  }

  void create(Exchange exchange) throws Exception {
    answering(() -> {
      TerminalRequest request = TerminalRequest.read(Calls.body(exchange, limits), terminalLimits);
      terminals.create(Calls.sandbox(exchange), request);
      exchange.sendJson(Map.of("sessionId", request.id()));
    });
  }

  void list(Exchange exchange) throws Exception {
    answering(() ->
        exchange.sendJson(
            Map.of(
                "sessions",
                terminals.list(Calls.sandbox(exchange)).stream().map(Terminal::json).toList())));
  }

  void get(Exchange exchange) throws Exception {
    answering(() -> exchange.sendJson(terminal(exchange).json()));
  }

  void delete(Exchange exchange) throws Exception {
    answering(() -> {
      terminals.delete(Calls.sandbox(exchange), terminal(exchange));
      // The Go client fails on a text here: it expects the object's values to be objects.
      exchange.sendJson(
          Calls.fromGo(exchange) ? Map.of() : Map.of("message", "PTY session deleted"));
    });
  }

  void resize(Exchange exchange) throws Exception {
    answering(() -> {
      TerminalSize size = TerminalRequest.readSize(Calls.body(exchange, limits));
      RunningSandbox sandbox = Calls.sandbox(exchange);
      String name = exchange.pathParameter("sessionId");
      Terminal terminal = terminals.find(sandbox, name).orElseThrow(TerminalEndpoints::gone);
      try {
        sandbox.agent().processes().resize(terminal.process().id(), size);
      } catch (AgentFailure failure) {
        throw failure.kind() == AgentFailure.Kind.UNAVAILABLE ? failure : gone();
      }
      exchange.sendJson(terminals.find(sandbox, name).orElseThrow(TerminalEndpoints::gone).json());
    });
  }

  /// Connects to a terminal. An unknown one is reported on the WebSocket, where clients expect it.
  WebSocketEndpoint connect(SocketCall call) {
    Optional<Terminal> terminal = terminals.find(call.sandbox(), call.pathParameter("sessionId"));
    if (terminal.isEmpty()) {
      return socket -> WebSocketScreen.refuse(socket, "PTY session not found");
    }
    return viewer(call, terminal.get());
  }

  WebSocketEndpoint createAndConnect(SocketCall call) throws IOException, InterruptedException {
    TerminalRequest request = TerminalRequest.of(call, terminalLimits);
    return viewer(call, terminals.create(call.sandbox(), request));
  }

  private WebSocketEndpoint viewer(SocketCall call, Terminal terminal) {
    TerminalViewer viewer = terminals.viewer(call.sandbox(), terminal);
    boolean wantsExit = call.offers(EXIT_TOKEN);
    return socket -> viewer.attach(WebSocketScreen.open(socket, wantsExit));
  }

  private Terminal terminal(Exchange exchange) {
    return terminals
        .find(Calls.sandbox(exchange), exchange.pathParameter("sessionId"))
        .orElseThrow(Terminals::unknown);
  }

  private static OperationFailure gone() {
    return new OperationFailure(ErrorCode.GONE, "gone: the terminal does not exist or has ended");
  }

  /// The work of a call.
  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  /// Adds `error` to failures: older clients read it where all others read `message`.
  private static void answering(Work work) throws Exception {
    try {
      work.run();
    } catch (AgentFailure failure) {
      throw ToolboxFailures.withError(ToolboxFailures.of(failure));
    } catch (OperationFailure failure) {
      throw ToolboxFailures.withError(failure);
    }
  }
}
