package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.OutputSink;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// The end of what a run says; a flood of warnings before it is forgotten. Used by one thread.
final class LastWords implements OutputSink {
  private final int bytesMax;
  private byte[] kept = new byte[0];

  LastWords(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Override
  public void write(ByteBuffer data) {
    int old = kept.length;
    byte[] joined = Arrays.copyOf(kept, old + data.remaining());
    data.get(joined, old, joined.length - old);
    kept =
        joined.length > bytesMax
            ? Arrays.copyOfRange(joined, joined.length - bytesMax, joined.length)
            : joined;
  }

  String text() {
    return new String(kept, UTF_8);
  }
}
