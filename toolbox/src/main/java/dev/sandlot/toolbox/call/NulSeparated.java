package dev.sandlot.toolbox.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.OutputSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// Splits a process's output into texts that each end with a NUL. Holds one at a time; texts longer
/// than the limit are left out. Used by one thread.
public final class NulSeparated implements OutputSink {
  private final int bytesMax;
  private final Consumer<String> texts;
  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
  private boolean tooLong;

  public NulSeparated(int bytesMax, Consumer<String> texts) {
    this.bytesMax = bytesMax;
    this.texts = texts;
  }

  @Override
  public void write(ByteBuffer data) {
    while (data.hasRemaining()) {
      byte next = data.get();
      if (next != 0) {
        tooLong |= partial.size() == bytesMax;
        if (!tooLong) {
          partial.write(next);
        }
      } else {
        if (!tooLong) {
          texts.accept(partial.toString(UTF_8));
        }
        partial.reset();
        tooLong = false;
      }
    }
  }
}
