package dev.sandlot.proxy.preview;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.proxy.access.Grant;
import dev.sandlot.proxy.access.ProxyConfig;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.RequestHead;
import dev.sandlot.proxy.forward.CrossOrigin;
import dev.sandlot.proxy.forward.Forwarding;
import dev.sandlot.proxy.forward.HeaderRules;
import dev.sandlot.proxy.forward.Upstream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Carries a request to a server inside a sandbox and its answer back. Thread-safe.
public final class PreviewForwarder {
  private final Dialer dialer;
  private final ProxyLimits limits;
  private final boolean secure;

  public PreviewForwarder(Dialer dialer, ProxyConfig config) {
    this.dialer = dialer;
    limits = config.limits();
    secure = config.secure();
  }

  /// @param head what to send on; its target may differ from the exchange's
  /// @throws HttpFailure 400, 409, 502 or 504
  public void forward(Exchange exchange, RequestHead head, Grant grant) throws Exception {
    List<Map.Entry<String, String>> headers =
        HeaderRules.toSandbox(head, grant, secure || head.secure());
    try (WatchedConnection connection = dialer.dial(grant, limits.answerQuietMax());
        Upstream upstream = new Upstream(connection, limits)) {
      Forwarding forwarding = new Forwarding(exchange, upstream);
      Upstream.Answer answer;
      try {
        answer = forwarding.ask(head.target(), headers);
      } catch (IOException _) {
        throw connection.expired() ? tooSlow(grant, connection.quietMax()) : notHttp(grant);
      }
      connection.whenExpired(exchange::cut);
      exchange.status(answer.status());
      setHeaders(exchange, head, grant, HeaderRules.toClient(answer.headers()));
      forwarding.relay(answer);
    }
  }

  private static void setHeaders(
      Exchange exchange, RequestHead head, Grant grant, List<Map.Entry<String, String>> headers) {
    Map<String, List<String>> byName = HeaderRules.byName(headers);
    grant
        .cookie()
        .ifPresent(
            cookie -> byName.computeIfAbsent("Set-Cookie", _ -> new ArrayList<>()).add(cookie));
    if (head.header("Origin").isPresent()) {
      byName.computeIfPresent("Vary", (_, values) -> CrossOrigin.withOrigin(values));
    }
    byName.forEach((name, values) -> exchange.responseHeader(name, values.toArray(String[]::new)));
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
