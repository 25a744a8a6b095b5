package dev.sandlot.runner.toolbox.git;

import dev.sandlot.agentclient.OutputSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/// All that a run writes, up to a limit. Used by one thread.
final class KeptOutput implements OutputSink {
  /// It has written more than it may.
  static final class LimitPassed extends IOException {
    private static final long serialVersionUID = 1;
  }

  private final int bytesMax;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

  KeptOutput(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Override
  public void write(ByteBuffer data) throws IOException {
    if (kept.size() + data.remaining() > bytesMax) {
      throw new LimitPassed();
    }
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    kept.writeBytes(bytes);
  }

  byte[] bytes() {
    return kept.toByteArray();
  }
}
