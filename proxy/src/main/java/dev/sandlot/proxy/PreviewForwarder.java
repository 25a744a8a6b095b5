package dev.sandlot.proxy;

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
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.jspecify.annotations.Nullable;

/// Carries a request to a server inside a sandbox and its answer back. Bodies are passed on piece
/// by piece in both directions and never held. Thread-safe.
final class PreviewForwarder {
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
      ClassicHttpResponse answer;
      List<Map.Entry<String, String>> answered;
      try {
        BasicClassicHttpRequest request = upstream.send(head.method(), head.target(), headers);
        sent = length == 0 ? null : ClientBody.send(body, upstream, request);
        answer = upstream.receive();
        if (answer.getCode() < 200 || answer.getCode() > 599) {
          throw new IOException("not the status of an answer");
        }
        answered = Upstream.headers(answer);
      } catch (IOException | HttpException e) {
        connection.close();
        finish(exchange, sent);
        throw failure(connection, grant, e);
      }
      relay(exchange, head, grant, upstream, answer, HeaderRules.toClient(answered));
      connection.close();
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

  private void relay(
      Exchange exchange,
      RequestHead head,
      Grant grant,
      Upstream upstream,
      ClassicHttpResponse answer,
      List<Map.Entry<String, String>> headers)
      throws IOException {
    int status = answer.getCode();
    exchange.status(status);
    setHeaders(exchange, head, grant, headers);
    boolean bodiless = status == 204 || status == 205 || status == 304;
    if (bodiless) {
      exchange.send();
    } else if (head.method().equals("HEAD")) {
      Optional.ofNullable(answer.getFirstHeader("Content-Length"))
          .filter(length -> length.getValue().matches("[0-9]{1,18}"))
          .ifPresent(length -> exchange.responseHeader("Content-Length", length.getValue()));
      exchange.send();
    } else {
      stream(exchange, upstream, answer);
    }
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

  private static void stream(Exchange exchange, Upstream upstream, ClassicHttpResponse answer)
      throws IOException {
    InputStream body = upstream.body(answer);
    long length = answer.getEntity() == null ? 0 : answer.getEntity().getContentLength();
    if (length == 0) {
      exchange.send();
      return;
    }
    if (length > 0) {
      exchange.responseHeader("Content-Length", Long.toString(length));
    }
    OutputStream out = exchange.outputStream();
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = read(exchange, body, buffer);
        count >= 0;
        count = read(exchange, body, buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
    // Not closed when something failed: the client must see that the answer is cut off.
    out.close();
  }

  private static int read(Exchange exchange, InputStream body, byte[] buffer) {
    try {
      return body.read(buffer);
    } catch (IOException _) {
      exchange.abort();
      return -1;
    }
  }

  private HttpFailure failure(WatchedConnection connection, Grant grant, Exception cause) {
    if (cause instanceof HttpException) {
      return notHttp(grant);
    }
    if (connection.expired()) {
      return new HttpFailure(
          504,
          "",
          "the server on port "
              + grant.port().number()
              + " did not answer within "
              + limits.answerQuietMax().toSeconds()
              + " seconds");
    }
    return notHttp(grant);
  }

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
