package dev.sandlot.toolbox.call;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.OutputSink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// Texts that a process writes with a NUL after each. Holds one at a time; what is longer than any
/// path is left out. Used by one thread.
public final class NulSeparated implements OutputSink {
  private final int bytesMax;
  private final Consumer<String> texts;
  private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
  private boolean tooLong;

  public NulSeparated(int bytesMax, Consumer<String> texts) {
    this.bytesMax = bytesMax;
    this.texts = texts;
  }

  @Override
  public void write(ByteBuffer data) {
    while (data.hasRemaining()) {
      byte octet = data.get();
      if (octet != 0) {
        tooLong |= begun.size() == bytesMax;
        if (!tooLong) {
          begun.write(octet);
        }
      } else {
        if (!tooLong) {
          texts.accept(begun.toString(UTF_8));
        }
        begun.reset();
        tooLong = false;
      }
    }
  }
}
