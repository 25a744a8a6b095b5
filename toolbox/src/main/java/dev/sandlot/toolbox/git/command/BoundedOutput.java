package dev.sandlot.toolbox.git.command;

import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.agentclient.process.OutputSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/// Collects the output of a run, up to a limit. Used by one thread.
final class BoundedOutput implements OutputSink {
  private static final int COPIES = 3;

  private final int bytesMax;
  private final AnswerCharge charge;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  /// @param charge counts the memory of the output, as bytes and as text
  BoundedOutput(int bytesMax, AnswerCharge charge) {
    this.bytesMax = bytesMax;
    this.charge = charge;
  }

  @Override
  public void write(ByteBuffer data) throws IOException {
    if (output.size() + data.remaining() > bytesMax) {
      throw new OutputLimitExceeded();
    }
    charge.take((long) COPIES * data.remaining());
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    output.writeBytes(bytes);
  }

  byte[] bytes() {
    return output.toByteArray();
  }
}
