package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.OutputSink;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Keeps the last bytes of a run's output. Used by one thread.
final class OutputTail implements OutputSink {
  private final int bytesMax;
  private byte[] tail = new byte[0];

  OutputTail(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Override
  public void write(ByteBuffer data) {
    int old = tail.length;
    byte[] joined = Arrays.copyOf(tail, old + data.remaining());
    data.get(joined, old, joined.length - old);
    tail =
        joined.length > bytesMax
            ? Arrays.copyOfRange(joined, joined.length - bytesMax, joined.length)
            : joined;
  }

  String text() {
    return new String(tail, UTF_8);
  }
}
