package dev.sandlot.toolbox.terminal;

import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A viewer on a WebSocket: output as binary messages, control messages as text
/// (docs/contract/terminals.md).
final class WebSocketScreen implements TerminalScreen {
  private static final String CONNECTED = Json.text(control("connected"));

  private final WebSocket socket;
  private final boolean wantsExit;

  private WebSocketScreen(WebSocket socket, boolean wantsExit) {
    this.socket = socket;
    this.wantsExit = wantsExit;
  }

  /// Sends the message that the viewer is connected.
  ///
  /// @param wantsExit whether the client wants a control message about the terminal's end
  static WebSocketScreen open(WebSocket socket, boolean wantsExit) throws IOException {
    socket.sendText(CONNECTED);
    return new WebSocketScreen(socket, wantsExit);
  }

  /// Sends an error message, and closes the socket.
  static void refuse(WebSocket socket, String reason) throws IOException {
    Map<String, Object> message = control("error");
    message.put("error", reason);
    socket.sendText(Json.text(message));
    socket.close(WebSocket.NO_CODE, "");
  }

  private static Map<String, Object> control(String status) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("type", "control");
    message.put("status", status);
    return message;
  }

  @Override
  public void show(byte[] bytes, int offset, int length) throws IOException {
    socket.sendBytes(bytes, offset, length);
  }

  @Override
  public Optional<byte[]> readInput() throws InterruptedException {
    return socket.receive().map(WebSocket.Message::bytes);
  }

  @Override
  public boolean disconnected() {
    return socket.closed();
  }

  @Override
  public void whenDisconnected(Runnable action) {
    socket.whenClosed(action);
  }

  @Override
  public void ended(TerminalEnd end) throws IOException {
    if (wantsExit) {
      Map<String, Object> message = control("exited");
      message.putAll(body(end));
      socket.sendText(Json.text(message));
    }
    socket.close(
        end.code() == 0 ? WebSocket.NORMAL : WebSocket.INTERNAL_ERROR, Json.text(body(end)));
  }

  private static Map<String, Object> body(TerminalEnd end) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("exitCode", end.code());
    if (!end.reason().isEmpty()) {
      json.put("exitReason", end.reason());
    }
    return json;
  }

  @Override
  public void tooSlow() {
    socket.close(WebSocket.POLICY, "slow consumer");
  }

  @Override
  public void failed(String sentence) {
    socket.close(WebSocket.INTERNAL_ERROR, sentence);
  }
}
