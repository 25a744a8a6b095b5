package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import dev.sandlot.http.websocket.WebSocket.Message;
import dev.sandlot.http.websocket.WebSocketEndpoint;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.SocketCall;
import dev.sandlot.toolbox.interpreter.ExecutionRequest.Refused;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.util.Optional;

/// `/process/interpreter/execute`: one execution for each connection
/// (docs/contract/interpreter.md#executions).
final class ExecutionEndpoint {
  private final Contexts contexts;
  private final InterpreterLimits limits;
  private final ContextQueues queues;

  ExecutionEndpoint(Contexts contexts, InterpreterLimits limits) {
    this.contexts = contexts;
    this.limits = limits;
    this.queues = new ContextQueues(limits.queueMax());
  }

  WebSocketEndpoint open(SocketCall call) {
    return socket -> serve(call.sandbox(), socket);
  }

  private void serve(RunningSandbox sandbox, WebSocket socket) throws InterruptedException {
    Optional<Message> firstMessage = firstMessage(socket);
    if (firstMessage.isEmpty()) {
      return;
    }
    try {
      ExecutionRequest request = ExecutionRequest.of(firstMessage.get().bytes(), limits);
      execute(sandbox, request, socket);
    } catch (Refused refused) {
      socket.close(refused.closeCode(), refused.sentence());
    }
  }

  private Optional<Message> firstMessage(WebSocket socket) throws InterruptedException {
    Thread timeout =
        Thread.ofVirtual()
            .name("interpreter-request-watch")
            .start(() -> {
              try {
                Thread.sleep(limits.requestWaitMax());
                socket.close(WebSocket.POLICY, "no request came; the first message must be one");
              } catch (InterruptedException _) {
                // The request has come.
              }
            });
    try {
      return socket.receive();
    } finally {
      timeout.interrupt();
    }
  }

  private void execute(RunningSandbox sandbox, ExecutionRequest request, WebSocket socket)
      throws Refused, InterruptedException {
    String id = request.contextId();
    if (!contexts.exists(sandbox, id)) {
      throw new Refused(WebSocket.POLICY, "no interpreter context " + id);
    }
    ContextQueues.Place place =
        queues
            .join(sandbox.id(), id)
            .orElseThrow(() ->
                new Refused(
                    WebSocket.POLICY,
                    limits.queueMax() + " executions wait for this context; try again later"));
    socket.whenClosed(place::cancel);
    if (!place.await()) {
      closeUnfinished(socket);
      return;
    }
    Execution execution = new Execution(sandbox, contexts, request, socket, limits);
    // On a thread of its own: the execution goes on when its client disconnects.
    Thread.ofVirtual()
        .name("interpreter-execution")
        .start(() -> {
          try {
            execution.run();
          } finally {
            place.leave();
          }
        });
    for (var message = socket.receive(); message.isPresent(); message = socket.receive()) {
      if (asksForInterrupt(message.get())) {
        execution.interrupt();
      }
    }
    if (!execution.over()) {
      closeUnfinished(socket);
    }
  }

  /// Closes with a failure, so that a client that is still connected, as when the server stops,
  /// does not take it for the end of the execution.
  private static void closeUnfinished(WebSocket socket) {
    socket.close(WebSocket.GOING_AWAY, "the connection ended before the execution did");
  }

  /// Whether the message asks for an interrupt; not part of the contract.
  private static boolean asksForInterrupt(Message message) {
    try {
      return Json.object(message.bytes()).path("type").asString("").equals("interrupt");
    } catch (OperationFailure _) {
      return false;
    }
  }
}
