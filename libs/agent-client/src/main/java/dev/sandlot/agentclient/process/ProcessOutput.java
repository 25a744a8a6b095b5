package dev.sandlot.agentclient.process;

import dev.sandlot.agent.v1.OutputChunk;
import dev.sandlot.agent.v1.Stream;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.Closeable;
import java.io.InterruptedIOException;
import java.util.Optional;

/// What a process writes, piece by piece. One thread reads; any thread may close it, which ends a
/// read that waits.
public final class ProcessOutput implements Closeable {
  private static final int PIECE_BYTES_MAX = 64 << 10;

  private final BlockingClientCall<?, OutputChunk> call;
  private volatile boolean closed;
  private long outputEnd;
  private long errorEnd;

  ProcessOutput(BlockingClientCall<?, OutputChunk> call) {
    this.call = call;
  }

  /// The next piece; empty when there is no more: the process has ended, all there is was read and
  /// nothing is followed, or this was closed.
  ///
  /// @throws AgentFailure when the agent cannot read it, or is gone
  public Optional<OutputPiece> next() throws InterruptedIOException {
    try {
      OutputChunk chunk = call.read();
      return chunk == null ? Optional.empty() : Optional.of(checked(chunk));
    } catch (StatusException e) {
      if (closed) {
        return Optional.empty();
      }
      throw AgentLink.failure(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("reading the output was interrupted");
    }
  }

  private OutputPiece checked(OutputChunk chunk) {
    boolean error = chunk.getStream() == Stream.STREAM_STDERR;
    long offset = chunk.getOffset();
    int size = chunk.getData().size();
    if (offset < (error ? errorEnd : outputEnd) || size > PIECE_BYTES_MAX) {
      throw AgentLink.broken("output of " + size + " bytes out of order");
    }
    if (error) {
      errorEnd = offset + size;
    } else {
      outputEnd = offset + size;
    }
    return new OutputPiece(error, offset, chunk.getData().asReadOnlyByteBuffer());
  }

  /// Nothing more is wanted.
  @Override
  public void close() {
    closed = true;
    call.cancel("the output is not wanted", null);
  }
}
