package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.ProcessOutput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/// The standard output of a language server, as a stream that fails when bytes were lost or too
/// many are sent. Used by one thread.
final class ServerOutput extends InputStream {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ProcessOutput output;
  private final LspLimits limits;
  private ByteBuffer piece = NOTHING;
  private long offset;
  private long allowed;
  private long windowBegan = System.nanoTime();
  private long windowBytes;
  private String fault = "";
  private boolean lost;

  ServerOutput(ProcessOutput output, LspLimits limits) {
    this.output = output;
    this.limits = limits;
  }

  /// Sets how many bytes may be read from now on.
  void allow(long bytes) {
    allowed = bytes;
  }

  /// Why it was cut off; empty when it was not.
  Optional<String> fault() {
    return fault.isEmpty() ? Optional.empty() : Optional.of(fault);
  }

  /// Whether the link to the agent failed, which is not the server's fault.
  boolean lost() {
    return lost;
  }

  @Override
  public int read() throws IOException {
    if (!fill()) {
      return -1;
    }
    spend(1);
    return piece.get() & 0xff;
  }

  @Override
  public int read(byte[] target, int position, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, piece.remaining());
    spend(count);
    piece.get(target, position, count);
    return count;
  }

  private void spend(int count) throws IOException {
    if (count > allowed) {
      throw cutOff("it sent a header of more than " + limits.headerBytesMax() + " bytes");
    }
    allowed -= count;
  }

  private boolean fill() throws IOException {
    while (!piece.hasRemaining()) {
      Optional<OutputPiece> next;
      try {
        next = output.next();
      } catch (AgentFailure failure) {
        lost = true;
        throw new IOException("the sandbox's agent cannot be read: " + failure.sentence(), failure);
      }
      if (next.isEmpty()) {
        return false;
      }
      if (next.get().offset() != offset) {
        throw cutOff("it wrote faster than it could be read");
      }
      offset = next.get().end();
      piece = next.get().data();
      count(piece.remaining());
    }
    return true;
  }

  private void count(int bytes) throws IOException {
    long now = System.nanoTime();
    if (now - windowBegan > limits.floodWindow().toNanos()) {
      windowBegan = now;
      windowBytes = 0;
    }
    windowBytes += bytes;
    if (windowBytes > limits.floodBytesMax()) {
      throw cutOff(
          "it sent more than "
              + limits.floodBytesMax()
              + " bytes within "
              + limits.floodWindow().toSeconds()
              + " seconds");
    }
  }

  private IOException cutOff(String reason) {
    fault = reason;
    return new IOException(reason);
  }
}
