package dev.sandlot.agentclient.link;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/// Bytes that arrive in messages. One message is held at a time.
public abstract class ChunkInputStream extends InputStream {
  private ByteString chunk = ByteString.EMPTY;
  private int position;
  private boolean ended;

  /// The next message's bytes, maybe none; null at the end.
  protected abstract @Nullable ByteString next() throws IOException;

  @Override
  public int read() throws IOException {
    return fill() ? chunk.byteAt(position++) & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, chunk.size() - position);
    chunk.copyTo(target, position, offset, count);
    position += count;
    return count;
  }

  /// Hands whole messages on without copying them.
  @Override
  public long transferTo(OutputStream out) throws IOException {
    long total = 0;
    while (fill()) {
      ByteString rest = chunk.substring(position);
      rest.writeTo(out);
      total += rest.size();
      position = chunk.size();
    }
    return total;
  }

  private boolean fill() throws IOException {
    while (!ended && position == chunk.size()) {
      ByteString following = next();
      if (following == null) {
        ended = true;
      } else {
        chunk = following;
        position = 0;
      }
    }
    return !ended;
  }
}
