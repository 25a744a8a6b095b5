package dev.sandlot.http.server;

import dev.sandlot.http.HttpFailure;
import io.helidon.http.RequestException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// A client's body: of a stranger so many bytes and no more, and what is no body refuses the
/// request.
final class ClientStream extends FilterInputStream {
  private final ServedConnection connection;
  private long count;

  ClientStream(InputStream body, ServedConnection connection) {
    super(body);
    this.connection = connection;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /// @throws HttpFailure 413 beyond what a stranger may send, 4xx for what is malformed
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int most = length;
    if (!connection.admitted()) {
      long left = connection.strangerBodyBytesMax() - count;
      if (left <= 0) {
        throw new HttpFailure(
            413,
            "",
            "the body of a request without a key may have at most "
                + connection.strangerBodyBytesMax()
                + " bytes");
      }
      most = (int) Math.min(length, left);
    }
    try {
      int read = super.read(target, offset, most);
      count += Math.max(read, 0);
      return read;
    } catch (RequestException e) {
      throw new HttpFailure(e.status().code(), "", String.valueOf(e.getMessage()));
    }
  }

  /// Nothing is skipped unread.
  @Override
  public long skip(long most) throws IOException {
    byte[] buffer = new byte[(int) Math.min(most, 32 * 1024)];
    return Math.max(0, read(buffer, 0, buffer.length));
  }
}
