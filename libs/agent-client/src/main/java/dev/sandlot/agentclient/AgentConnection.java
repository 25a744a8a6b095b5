package dev.sandlot.agentclient;

import com.google.protobuf.ByteString;
import dev.sandlot.agent.v1.DialRequest;
import dev.sandlot.agent.v1.DialResponse;
import dev.sandlot.agentclient.link.AgentLink;
import dev.sandlot.agentclient.link.ChunkInputStream;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/// A TCP connection inside a sandbox. One thread may read while another writes.
public final class AgentConnection implements Closeable {
  private static final int CHUNK_BYTES = 64 << 10;

  private final BlockingClientCall<DialRequest, DialResponse> call;
  private final InputStream in = new Incoming();
  private final OutputStream out = new Outgoing();

  AgentConnection(BlockingClientCall<DialRequest, DialResponse> call) {
    this.call = call;
  }

  /// What the server inside sends.
  public InputStream in() {
    return in;
  }

  /// To the server inside; each write is sent at once.
  public OutputStream out() {
    return out;
  }

  /// Ends our side.
  public void closeOutput() {
    try {
      boolean open = send(DialRequest.newBuilder().setEndOfInput(true).build());
      if (open) {
        call.halfClose();
      }
    } catch (IOException | IllegalStateException _) {
      // The other side is gone, which ends ours too.
    }
  }

  @Override
  public void close() {
    call.cancel("the connection was closed", null);
  }

  private boolean send(DialRequest message) throws IOException {
    try {
      return call.write(message);
    } catch (StatusException e) {
      throw gone(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the connection was interrupted");
    }
  }

  private static IOException gone(StatusException e) {
    return new IOException(AgentLink.failure(e).sentence(), e);
  }

  private final class Incoming extends ChunkInputStream {
    @Override
    protected @Nullable ByteString next() throws IOException {
      try {
        DialResponse message = call.read();
        return message == null ? null : message.getData();
      } catch (StatusException e) {
        throw gone(e);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the connection was interrupted");
      }
    }
  }

  private final class Outgoing extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
      for (int done = 0; done < length; ) {
        int count = Math.min(CHUNK_BYTES, length - done);
        ByteString chunk = ByteString.copyFrom(data, offset + done, count);
        if (!send(DialRequest.newBuilder().setData(chunk).build())) {
          throw new IOException("the server in the sandbox has closed the connection");
        }
        done += count;
      }
    }

    @Override
    public void close() {
      closeOutput();
    }
  }
}
