package dev.sandlot.proxy;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/// Carries a request to a server inside a sandbox and its answer back. Bodies are passed on piece
/// by piece in both directions and never held. Thread-safe.
final class PreviewForwarder {
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
  private static final int BUFFER_BYTES = 64 * 1024;

  /// How long a client may go on sending what nobody wants before it is cut off.
  private static final Duration REST_OF_BODY_MAX = Duration.ofSeconds(10);

  private final Dialer dialer;
  private final ProxyLimits limits;
  private final boolean secure;

  PreviewForwarder(Dialer dialer, ProxyConfig config) {
    this.dialer = dialer;
    limits = config.limits();
    secure = config.secure();
  }

  /// @param head what to send on; its target may differ from the exchange's
  /// @throws HttpFailure 400, 409, 502 or 504
  void forward(Exchange exchange, RequestHead head, Grant grant) throws Exception {
    List<Map.Entry<String, String>> headers =
        new ArrayList<>(HeaderRules.toSandbox(head, grant, secure || head.secure()));
    long length = exchange.contentLength();
    if (length < 0) {
      headers.add(Map.entry("Transfer-Encoding", "chunked"));
    } else if (length > 0 || head.header("Content-Length").isPresent()) {
      headers.add(Map.entry("Content-Length", Long.toString(length)));
    }
    try (WatchedConnection connection = dialer.dial(grant, limits.answerQuietMax());
        Upstream upstream = new Upstream(connection, limits)) {
      InputStream body = exchange.body();
      @Nullable ClientBody sent = null;
      Upstream.Answer answer;
      try {
        BasicClassicHttpRequest request = upstream.send(head.method(), head.target(), headers);
        sent = length == 0 ? null : ClientBody.send(body, upstream, request);
        answer = upstream.receive(head.method());
        if (answer.status() == Upstream.Answer.SWITCHED) {
          throw new IOException("switched protocols unasked");
        }
      } catch (IOException | HttpException _) {
        upstream.close();
        finish(exchange, sent);
        throw connection.expired() ? tooSlow(grant, connection.quietMax()) : notHttp(grant);
      }
      connection.whenExpired(exchange::cut);
      relay(exchange, head, grant, answer);
      upstream.close();
      finish(exchange, sent);
    }
  }

  /// What is left of the client's body must not be read by two.
  private static void finish(Exchange exchange, @Nullable ClientBody sent)
      throws InterruptedException {
    if (sent != null && !sent.finish(REST_OF_BODY_MAX)) {
      exchange.abort();
    }
  }

  private static void relay(
      Exchange exchange, RequestHead head, Grant grant, Upstream.Answer answer) throws IOException {
    exchange.status(answer.status());
    setHeaders(exchange, head, grant, HeaderRules.toClient(answer.headers()));
    if (head.method().equals("HEAD")) {
      announcedLength(answer)
          .ifPresent(length -> exchange.responseHeader("Content-Length", length));
      exchange.send();
    } else if (answer.length() == 0) {
      exchange.send();
    } else {
      stream(exchange, answer);
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

  private static void setHeaders(
      Exchange exchange, RequestHead head, Grant grant, List<Map.Entry<String, String>> headers) {
    Map<String, List<String>> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Map.Entry<String, String> header : headers) {
      byName.computeIfAbsent(header.getKey(), _ -> new ArrayList<>()).add(header.getValue());
    }
    grant
        .cookie()
        .ifPresent(
            cookie -> byName.computeIfAbsent("Set-Cookie", _ -> new ArrayList<>()).add(cookie));
    if (head.header("Origin").isPresent()) {
      byName.computeIfPresent("Vary", (_, values) -> CrossOrigin.withOrigin(values));
    }
    byName.forEach((name, values) -> exchange.responseHeader(name, values.toArray(String[]::new)));
  }

  private static void stream(Exchange exchange, Upstream.Answer answer) throws IOException {
    if (answer.length() > 0) {
      exchange.responseHeader("Content-Length", Long.toString(answer.length()));
    }
    OutputStream out = exchange.outputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = read(exchange, answer, buffer);
        count >= 0;
        count = read(exchange, answer, buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
    // Not closed when something failed: the client must see that the answer is cut off.
    out.close();
  }

  private static int read(Exchange exchange, Upstream.Answer answer, byte[] buffer) {
    try {
      return answer.body().read(buffer);
    } catch (IOException _) {
      exchange.abort();
      return -1;
    }
  }

  private static HttpFailure tooSlow(Grant grant, Duration quietMax) {
    return new HttpFailure(
        504,
        "",
        "the server on port "
            + grant.port().number()
            + " did not answer within "
            + quietMax.toSeconds()
            + " seconds");
  }

  /// What is said of a server inside that does not keep to HTTP.
  static HttpFailure notHttp(Grant grant) {
    return new HttpFailure(
        502,
        "",
        "the server on port "
            + grant.port().number()
            + " in the sandbox did not answer with HTTP/1.1, or closed the connection; look at its"
            + " log");
  }
}
