package dev.sandlot.http.websocket;

import java.io.IOException;
import java.util.Optional;

/// One side of a WebSocket (RFC 6455), ours. Pings are answered by themselves, whether or not
/// anybody receives. Any thread may send, one receives; all calls may block.
public interface WebSocket {
  /// Codes with which a connection is closed (RFC 6455 §7.4.1).
  int NORMAL = 1000;

  int GOING_AWAY = 1001;
  int PROTOCOL_ERROR = 1002;
  int NO_CODE = 1005;
  int INVALID_TEXT = 1007;
  int POLICY = 1008;
  int TOO_BIG = 1009;
  int INTERNAL_ERROR = 1011;

  /// What can be said with a close, in bytes of UTF-8; longer reasons are cut.
  int REASON_BYTES_MAX = 123;

  /// What the other side sent.
  ///
  /// @param text whether it is text, which is valid UTF-8 then
  record Message(boolean text, byte[] bytes) {}

  /// The next message. While several wait to be received, no more are read from the connection.
  ///
  /// @return empty when the connection is closed, by whomever
  Optional<Message> receive() throws InterruptedException;

  /// Sends text as one message.
  ///
  /// @throws IOException when the connection is closed, or its other side takes nothing for too
  ///   long
  void sendText(String text) throws IOException;

  /// Sends bytes as one message.
  ///
  /// @throws IOException as {@link #sendText}
  void sendBytes(byte[] bytes, int offset, int length) throws IOException;

  /// Ends the connection in an orderly way; one that is closed already stays as it is.
  ///
  /// @param code {@link #NO_CODE} to say neither code nor reason
  void close(int code, String reason);

  /// Whether nothing can be sent any more.
  boolean closed();

  /// Runs `action` once when the connection is closed, by whomever; at once if it is. For those who
  /// wait for something else meanwhile.
  void whenClosed(Runnable action);
}
