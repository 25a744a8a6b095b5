package dev.sandlot.toolbox.code;

import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/// Separates frames of our wrapper program from other output in the same stream. A frame is a NUL,
/// the program's token, a blank and a line of JSON; anything else is output, since nothing from a
/// sandbox is trusted. Used by one thread.
public final class MarkedOutput {
  /// Gets output and frames.
  public interface Receiver {
    void text(byte[] bytes, int offset, int length) throws IOException;

    void frame(JsonNode frame) throws IOException;
  }

  private static final byte[] NOTHING = new byte[0];

  private final byte[] mark;
  private final int frameBytesMax;
  private final Receiver receiver;
  private byte[] pending = NOTHING;

  public MarkedOutput(String token, int frameBytesMax, Receiver receiver) {
    this.mark = ("\0" + token + " ").getBytes(StandardCharsets.US_ASCII);
    this.frameBytesMax = frameBytesMax;
    this.receiver = receiver;
  }

  /// Takes the next bytes. The beginning of what may be a frame is held back until the rest comes.
  public void push(ByteBuffer next) throws IOException {
    byte[] bytes = Arrays.copyOf(pending, pending.length + next.remaining());
    next.get(bytes, pending.length, next.remaining());
    pending = NOTHING;
    int textBegin = 0;
    int at = 0;
    while (at < bytes.length) {
      if (bytes[at] != 0) {
        at++;
        continue;
      }
      int compared = Math.min(mark.length, bytes.length - at);
      if (!Arrays.equals(bytes, at, at + compared, mark, 0, compared)) {
        at++;
        continue;
      }
      int end = indexOf(bytes, '\n', at + compared);
      if (end < 0 && bytes.length - at <= frameBytesMax) {
        sendText(bytes, textBegin, at);
        pending = Arrays.copyOfRange(bytes, at, bytes.length);
        return;
      }
      if (end < 0 || end - at > frameBytesMax) {
        at++;
        continue;
      }
      sendText(bytes, textBegin, at);
      frame(Arrays.copyOfRange(bytes, at + mark.length, end));
      at = end + 1;
      textBegin = at;
    }
    sendText(bytes, textBegin, bytes.length);
  }

  /// To be called at the end of the stream: what was held back is output.
  public void end() throws IOException {
    sendText(pending, 0, pending.length);
    pending = NOTHING;
  }

  private void sendText(byte[] bytes, int begin, int end) throws IOException {
    if (end > begin) {
      receiver.text(bytes, begin, end - begin);
    }
  }

  private void frame(byte[] json) throws IOException {
    JsonNode frame;
    try {
      frame = Json.object(json);
    } catch (OperationFailure _) {
      return; // written by other code that knows the token
    }
    receiver.frame(frame);
  }

  private static int indexOf(byte[] bytes, char wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
