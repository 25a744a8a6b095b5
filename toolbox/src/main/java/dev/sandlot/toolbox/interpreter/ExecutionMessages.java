package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/// Sends a client the messages about its execution. After the first message that cannot be sent, no
/// more are, and the execution goes on. Used by one thread.
final class ExecutionMessages {
  /// Close code of an execution that timed out; clients have an error of their own for it.
  static final int TIMED_OUT = 4008;

  private final WebSocket socket;
  private boolean stopped;

  ExecutionMessages(WebSocket socket) {
    this.socket = socket;
  }

  void output(boolean error, String text) {
    send(error ? "stderr" : "stdout", text, "", "", "");
  }

  void failure(String name, String value, String traceback) {
    send("error", "", name, value, traceback);
  }

  /// Reports the end; some clients stop at this message, others at the close.
  void finished(boolean interrupted) {
    send("control", interrupted ? "interrupted" : "completed", "", "", "");
    socket.close(WebSocket.NORMAL, "");
  }

  void close(int code, String sentence) {
    stopped = true;
    socket.close(code, sentence);
  }

  private void send(String type, String text, String name, String value, String traceback) {
    if (stopped) {
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
      stopped = true;
    }
  }
}
