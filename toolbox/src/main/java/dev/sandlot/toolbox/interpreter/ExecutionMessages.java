package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a client is told of its execution. One that has left, or takes nothing, is told nothing
/// more, and the execution goes on. Used by one thread.
final class ExecutionMessages {
  /// The time of an execution is over; clients raise their error for that.
  static final int TIMED_OUT = 4008;

  private final WebSocket socket;
  private boolean deaf;

  ExecutionMessages(WebSocket socket) {
    this.socket = socket;
  }

  void output(boolean error, String text) {
    send(error ? "stderr" : "stdout", text, "", "", "");
  }

  void failure(String name, String value, String traceback) {
    send("error", "", name, value, traceback);
  }

  /// Clients end at this or at the close, each in its own way.
  void finished(boolean interrupted) {
    send("control", interrupted ? "interrupted" : "completed", "", "", "");
    socket.close(WebSocket.NORMAL, "");
  }

  void close(int code, String sentence) {
    deaf = true;
    socket.close(code, sentence);
  }

  private void send(String type, String text, String name, String value, String traceback) {
    if (deaf) {
      return;
    }
    Map<String, String> message = new LinkedHashMap<>();
    message.put("type", type);
    message.put("text", text);
    message.put("name", name);
    message.put("value", value);
    message.put("traceback", traceback);
    try {
      socket.sendText(Json.text(message));
    } catch (IOException _) {
      deaf = true;
    }
  }
}
