package dev.sandlot.http.websocket;

import dev.sandlot.http.websocket.WebSocketFrames.Head;
import dev.sandlot.http.websocket.WebSocketFrames.Violation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/// Makes messages of fragments (RFC 6455 §5.4). Used by one thread.
final class MessageAssembly {
  private final int bytesMax;
  private ByteArrayOutputStream begun = new ByteArrayOutputStream(0);

  /// {@link WebSocketFrames#CONTINUATION} between messages.
  private int kind = WebSocketFrames.CONTINUATION;

  private Optional<Utf8Check> text = Optional.empty();

  /// @param bytesMax of one message
  MessageAssembly(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  /// Reads the payload of a frame that is not a control frame.
  ///
  /// @return the message that it completes
  /// @throws Violation when it does not fit what came before, is too long, or is no text though it
  ///   says so
  Optional<WebSocket.Message> add(Head head, InputStream in) throws IOException {
    boolean continues = head.opcode() == WebSocketFrames.CONTINUATION;
    if (continues != (kind != WebSocketFrames.CONTINUATION)) {
      throw new Violation(
          WebSocket.PROTOCOL_ERROR, "a message begins in the middle of another, or ends");
    }
    if (head.length() < 0 || head.length() > bytesMax - begun.size()) {
      throw new Violation(WebSocket.TOO_BIG, "a message is at most " + bytesMax + " bytes");
    }
    if (!continues) {
      kind = head.opcode();
      text = kind == WebSocketFrames.TEXT ? Optional.of(new Utf8Check()) : Optional.empty();
    }
    byte[] payload = WebSocketFrames.payload(in, head, text);
    if (!head.last()) {
      begun.writeBytes(payload);
      return Optional.empty();
    }
    if (text.isPresent()) {
      text.get().end();
    }
    WebSocket.Message message = new WebSocket.Message(kind == WebSocketFrames.TEXT, whole(payload));
    begun = new ByteArrayOutputStream(0);
    kind = WebSocketFrames.CONTINUATION;
    return Optional.of(message);
  }

  /// Of one fragment without a copy.
  private byte[] whole(byte[] last) {
    if (begun.size() == 0) {
      return last;
    }
    begun.writeBytes(last);
    return begun.toByteArray();
  }
}
