package dev.sandlot.proxy.forward;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/// A client's request on its way to a server further on, and the answer on its way back. Bodies are
/// passed on piece by piece in both directions and never held. For one exchange, on its thread.
public final class Forwarding {
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
  private static final int BUFFER_BYTES = 64 * 1024;

  /// How long a client may go on sending what nobody wants before it is cut off.
  private static final Duration REST_OF_BODY_MAX = Duration.ofSeconds(10);

  private final Exchange exchange;
  private final Upstream upstream;
  private @Nullable ClientBody sent;

  public Forwarding(Exchange exchange, Upstream upstream) {
    this.exchange = exchange;
    this.upstream = upstream;
  }

  /// Sends the request on and waits for the answer's head.
  ///
  /// @param target path and query, sent as they are
  /// @param headers without what gives the body's length
  /// @throws IOException when there is no answer that could be passed on; upstream is closed then
  public Upstream.Answer ask(String target, List<Map.Entry<String, String>> headers)
      throws IOException, InterruptedException {
    try {
      BasicClassicHttpRequest request =
          upstream.send(exchange.method(), target, withLength(headers));
      if (exchange.contentLength() != 0) {
        sent = ClientBody.send(exchange.body(), upstream, request);
      }
      Upstream.Answer answer = upstream.receive(exchange.method());
      if (answer.status() == Upstream.Answer.SWITCHED) {
        throw new IOException("switched protocols unasked");
      }
      return answer;
    } catch (IOException e) {
      end();
      throw e;
    } catch (HttpException e) {
      end();
      throw new IOException(e.getMessage(), e);
    }
  }

  private List<Map.Entry<String, String>> withLength(List<Map.Entry<String, String>> headers) {
    List<Map.Entry<String, String>> all = new ArrayList<>(headers);
    long length = exchange.contentLength();
    if (length < 0) {
      all.add(Map.entry("Transfer-Encoding", "chunked"));
    } else if (length > 0 || exchange.header("Content-Length").isPresent()) {
      all.add(Map.entry("Content-Length", Long.toString(length)));
    }
    return all;
  }

  /// Passes the answer's body on and ends both sides. Status and headers have been set.
  public void relay(Upstream.Answer answer) throws IOException, InterruptedException {
    if (exchange.method().equals("HEAD")) {
      announcedLength(answer)
          .ifPresent(length -> exchange.responseHeader("Content-Length", length));
      exchange.send();
    } else if (answer.length() == 0) {
      exchange.send();
    } else {
      stream(answer);
    }
    end();
  }

  /// Ends both sides: what is left of the client's body must not be read by two.
  public void end() throws InterruptedException {
    upstream.close();
    ClientBody body = sent;
    sent = null;
    if (body != null && !body.finish(REST_OF_BODY_MAX)) {
      exchange.abort();
    }
  }

  private static Optional<String> announcedLength(Upstream.Answer answer) {
    return answer.headers().stream()
        .filter(header -> header.getKey().equalsIgnoreCase("Content-Length"))
        .map(Map.Entry::getValue)
        .filter(length -> LENGTH.matches(length))
        .filter(_ -> !Upstream.Answer.BODILESS.contains(answer.status()))
        .findFirst();
  }

  private void stream(Upstream.Answer answer) throws IOException {
    if (answer.length() > 0) {
      exchange.responseHeader("Content-Length", Long.toString(answer.length()));
    }
    OutputStream out = exchange.outputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = read(answer, buffer); count >= 0; count = read(answer, buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
    // Not closed when something failed: the client must see that the answer is cut off.
    out.close();
  }

  private int read(Upstream.Answer answer, byte[] buffer) {
    try {
      return answer.body().read(buffer);
    } catch (IOException _) {
      exchange.abort();
      return -1;
    }
  }
}
