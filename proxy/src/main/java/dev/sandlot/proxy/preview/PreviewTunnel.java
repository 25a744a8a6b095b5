package dev.sandlot.proxy.preview;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.http.ReasonPhrase;
import dev.sandlot.http.Tunnel;
import dev.sandlot.proxy.access.Grant;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.RequestHead;
import dev.sandlot.proxy.forward.AnswerHead;
import dev.sandlot.proxy.forward.HeaderRules;
import dev.sandlot.proxy.forward.ProxyFailures;
import dev.sandlot.proxy.forward.Upstream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hc.core5.http.HttpException;

/// Carries an upgraded connection to a server inside a sandbox, byte for byte. Nothing of what the
/// client sends after its head goes in before the server has agreed to the upgrade: otherwise the
/// client's next request, credentials included, could reach it past the proxy's rules.
public final class PreviewTunnel implements Tunnel {
  private static final int BUFFER_BYTES = 32 * 1024;

  private final RequestHead head;
  private final Grant grant;
  private final List<Map.Entry<String, String>> headers;
  private final WatchedConnection connection;
  private final ProxyLimits limits;
  private final ActivityPings pings;

  public PreviewTunnel(
      RequestHead head,
      Grant grant,
      List<Map.Entry<String, String>> headers,
      WatchedConnection connection,
      ProxyLimits limits,
      ActivityPings pings) {
    this.head = head;
    this.grant = grant;
    this.headers = new ArrayList<>(headers);
    this.headers.add(Map.entry("Connection", "Upgrade"));
    this.headers.add(Map.entry("Upgrade", "websocket"));
    this.connection = connection;
    this.limits = limits;
    this.pings = pings;
  }

  @Override
  public void run(InputStream in, OutputStream out) throws IOException {
    connection.whenExpired(() -> close(out));
    try (ActivityPings.Use _ = pings.begin(head, grant.id());
        Upstream upstream = new Upstream(connection, limits)) {
      Upstream.Answer answer;
      try {
        upstream.send(head.method(), head.target(), headers);
        answer = upstream.receive(head.method());
      } catch (IOException | HttpException _) {
        refuse(out);
        return;
      }
      List<Map.Entry<String, String>> answered = HeaderRules.toClient(answer.headers());
      if (answer.status() == Upstream.Answer.SWITCHED) {
        out.write(AnswerHead.of(answer.status(), "Switching Protocols", answered, "Upgrade"));
        Thread.ofVirtual().name("preview-tunnel").start(() -> upload(in, upstream));
      } else {
        // Of an application's answers below that one, its own words are not known here.
        String reason = answer.status() < 400 ? "Not Upgraded" : ReasonPhrase.of(answer.status());
        out.write(AnswerHead.of(answer.status(), reason, answered, "close"));
      }
      copy(answer.body(), out);
    }
  }

  /// The client's bytes, until it ends its side; then the server inside is notified.
  private static void upload(InputStream in, Upstream upstream) {
    try {
      copy(in, upstream.rawOut());
      upstream.closeOutput();
    } catch (IOException | RuntimeException _) {
      upstream.close();
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
  }

  private static void close(OutputStream out) {
    try {
      out.close();
    } catch (IOException _) {
      // It has ended.
    }
  }

  private void refuse(OutputStream out) throws IOException {
    HttpFailure failure = PreviewForwarder.notHttp(grant);
    byte[] body =
        Json.bytes(ProxyFailures.body(head.method(), head.rawPath(), failure, "DAYTONA_PROXY"));
    out.write(
        AnswerHead.of(
            failure.status(),
            ReasonPhrase.of(failure.status()),
            List.of(
                Map.entry("Content-Type", "application/json; charset=utf-8"),
                Map.entry("Content-Length", Integer.toString(body.length))),
            "close"));
    out.write(body);
  }
}
