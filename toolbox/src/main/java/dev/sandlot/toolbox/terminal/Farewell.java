package dev.sandlot.toolbox.terminal;

import dev.sandlot.agentclient.ProcessEnd;
import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// How a terminal's end is told to its viewers (docs/contract/terminals.md#the-websocket).
///
/// @param code -1 when a signal ended the shell
/// @param reason empty for code 0
record Farewell(int code, String reason) {
  private static final int INTERRUPTED = 130;
  private static final int KILLED = 137;
  private static final int TERMINATED = 143;
  private static final int SIGNALS_ABOVE = 128;
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /// That somebody has deleted the terminal.
  static final Farewell DELETED = new Farewell(KILLED, "SIGKILL");

  static Farewell of(ProcessEnd end) {
    if (end.signal() != 0) {
      String reason =
          switch (end.signal()) {
            case SIGKILL -> end.outOfMemory() ? "out of memory" : "SIGKILL";
            case SIGTERM -> "SIGTERM";
            default -> "signal " + end.signal();
          };
      return new Farewell(-1, reason);
    }
    return new Farewell(end.code(), reason(end.code()));
  }

  private static String reason(int code) {
    return switch (code) {
      case 0 -> "";
      case INTERRUPTED -> "Ctrl+C";
      case KILLED -> "SIGKILL";
      case TERMINATED -> "SIGTERM";
      default -> code > SIGNALS_ABOVE ? "signal " + (code - SIGNALS_ABOVE) : "non-zero exit";
    };
  }

  /// The control message for clients that asked for it.
  String control() {
    Map<String, Object> json = Viewer.control("exited");
    json.putAll(body());
    return Json.text(json);
  }

  void close(WebSocket socket) {
    socket.close(code == 0 ? WebSocket.NORMAL : WebSocket.INTERNAL_ERROR, Json.text(body()));
  }

  private Map<String, Object> body() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("exitCode", code);
    Optional.of(reason)
        .filter(text -> !text.isEmpty())
        .ifPresent(text -> json.put("exitReason", text));
    return json;
  }
}
