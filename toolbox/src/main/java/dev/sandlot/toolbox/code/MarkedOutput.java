package dev.sandlot.toolbox.code;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/// Tells the frames of a program of ours from what other code writes, in one stream. Whatever is no
/// whole frame with the program's token is output: nothing from inside a sandbox is believed. Used
/// by one thread.
public final class MarkedOutput {
  /// Takes the two apart.
  public interface Receiver {
    void text(byte[] bytes, int offset, int length) throws IOException;

    void frame(JsonNode frame) throws IOException;
  }

  private static final byte[] NOTHING = new byte[0];

  private final byte[] mark;
  private final int frameBytesMax;
  private final Receiver receiver;
  private byte[] waiting = NOTHING;

  public MarkedOutput(String token, int frameBytesMax, Receiver receiver) {
    this.mark = ("\0" + token + " ").getBytes(StandardCharsets.US_ASCII);
    this.frameBytesMax = frameBytesMax;
    this.receiver = receiver;
  }

  /// Takes the next bytes; the beginning of what may become a frame waits for more.
  public void push(ByteBuffer next) throws IOException {
    byte[] bytes = Arrays.copyOf(waiting, waiting.length + next.remaining());
    next.get(bytes, waiting.length, next.remaining());
    waiting = NOTHING;
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
        pass(bytes, textBegin, at);
        waiting = Arrays.copyOfRange(bytes, at, bytes.length);
        return;
      }
      if (end < 0 || end - at > frameBytesMax) {
        at++;
        continue;
      }
      pass(bytes, textBegin, at);
      frame(Arrays.copyOfRange(bytes, at + mark.length, end));
      at = end + 1;
      textBegin = at;
    }
    pass(bytes, textBegin, bytes.length);
  }

  /// No more comes: what waits is output.
  public void end() throws IOException {
    pass(waiting, 0, waiting.length);
    waiting = NOTHING;
  }

  private void pass(byte[] bytes, int begin, int end) throws IOException {
    if (end > begin) {
      receiver.text(bytes, begin, end - begin);
    }
  }

  private void frame(byte[] json) throws IOException {
    JsonNode frame;
    try {
      frame = Json.object(json);
    } catch (HttpFailure _) {
      return; // Somebody inside knows the token and writes nonsense.
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
