package dev.sandlot.toolbox.git.command;

import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.agentclient.process.OutputSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/// All that a run writes, up to a limit. Used by one thread.
final class KeptOutput implements OutputSink {
  private static final int COPIES = 3;

  private final int bytesMax;
  private final AnswerCharge charge;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

  /// @param charge for what it takes, as bytes and as text
  KeptOutput(int bytesMax, AnswerCharge charge) {
    this.bytesMax = bytesMax;
    this.charge = charge;
  }

  @Override
  public void write(ByteBuffer data) throws IOException {
    if (kept.size() + data.remaining() > bytesMax) {
      throw new OutputLimitPassed();
    }
    charge.take((long) COPIES * data.remaining());
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    kept.writeBytes(bytes);
  }

  byte[] bytes() {
    return kept.toByteArray();
  }
}
