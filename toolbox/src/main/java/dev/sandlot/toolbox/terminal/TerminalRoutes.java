package dev.sandlot.toolbox.terminal;

import static dev.sandlot.toolbox.call.ToolboxRow.delete;
import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Operation;
import dev.sandlot.toolbox.call.SocketRoute;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;
import java.util.Map;

/// The routes of terminals.
public final class TerminalRoutes {
  private static final String ALL = "/process/pty";
  private static final String ONE = ALL + "/{sessionId}";
  private static final String CONNECT = ONE + "/connect";
  private static final String CREATE_CONNECT = ALL + "/create-connect";

  private final List<Operation<ToolboxAccess>> operations;
  private final List<SocketRoute> sockets;

  public TerminalRoutes(ToolboxLimits limits) {
    TerminalEndpoints calls = new TerminalEndpoints(limits, TerminalLimits.STANDARD);
    operations =
        List.of(
            get("ListPtySessions", ALL).does(calls::list),
            post("CreatePtySession", ALL).answers(201).does(calls::create),
            get("GetPtySession", ONE).does(calls::get),
            delete("DeletePtySession", ONE).does(calls::delete),
            post("ResizePtySession", ONE + "/resize").does(calls::resize),
            get("ConnectPtySession", CONNECT).does(TerminalRoutes::refusePlain),
            get("SandlotCreateAndConnectPtySession", CREATE_CONNECT)
                .does(TerminalRoutes::refusePlain));
    sockets =
        List.of(
            new SocketRoute(
                "SandlotCreateAndConnectPtySession", CREATE_CONNECT, calls::createAndConnect),
            new SocketRoute("ConnectPtySession", CONNECT, calls::connect));
  }

  public List<Operation<ToolboxAccess>> operations() {
    return operations;
  }

  /// The WebSocket routes.
  public List<SocketRoute> sockets() {
    return sockets;
  }

  private static void refusePlain(Exchange exchange) {
    throw new HttpFailure(
        426,
        "UPGRADE_REQUIRED",
        "open " + exchange.rawPath() + " as a WebSocket",
        Map.of("Upgrade", "websocket"),
        Map.of());
  }
}
