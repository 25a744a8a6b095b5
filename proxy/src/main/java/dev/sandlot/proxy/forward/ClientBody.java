package dev.sandlot.proxy.forward;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/// The body of a client's request on its way to a server inside, beside the answer that comes back:
/// servers may begin to answer before they have read everything.
final class ClientBody {
  /// What is read and thrown away of a body that the server inside no longer wants.
  private static final long DRAIN_BYTES_MAX = 64L << 20;

  private final InputStream body;
  private final Upstream upstream;
  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean clientLeft;
  private volatile boolean whollyRead;

  private ClientBody(InputStream body, Upstream upstream) {
    this.body = body;
    this.upstream = upstream;
  }

  /// Starts to send.
  static ClientBody send(InputStream body, Upstream upstream, BasicClassicHttpRequest request) {
    ClientBody sent = new ClientBody(body, upstream);
    Thread.ofVirtual().name("preview-upload").start(() -> sent.run(request));
    return sent;
  }

  /// Whether the client went away in the middle.
  boolean clientLeft() {
    return clientLeft;
  }

  /// Waits until nobody reads the client's body any more.
  ///
  /// @return whether all of it was read, so that the client's connection can serve another request
  boolean finish(Duration patience) throws InterruptedException {
    return done.await(patience.toMillis(), TimeUnit.MILLISECONDS) && whollyRead;
  }

  private void run(BasicClassicHttpRequest request) {
    try {
      upstream.sendBody(request, new Source());
    } catch (IOException | HttpException | RuntimeException _) {
      if (clientLeft) {
        upstream.close();
      } else {
        drain();
      }
    } finally {
      done.countDown();
    }
  }

  private void drain() {
    byte[] buffer = new byte[64 * 1024];
    Source source = new Source();
    try {
      long left = DRAIN_BYTES_MAX;
      for (int count = 0; count >= 0 && left > 0; left -= count) {
        count = source.read(buffer, 0, buffer.length);
      }
    } catch (IOException | RuntimeException _) {
      clientLeft = true;
    }
  }

  /// The client's body, noting how it ends.
  private final class Source extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      try {
        int count = body.read(target, offset, length);
        whollyRead = whollyRead || count < 0;
        return count;
      } catch (IOException | RuntimeException e) {
        clientLeft = true;
        throw e;
      }
    }
  }
}
