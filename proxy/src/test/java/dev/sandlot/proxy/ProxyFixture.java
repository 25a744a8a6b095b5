package dev.sandlot.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandlot.http.server.ConnectionLimits;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.http.server.TlsFiles;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.proxy.access.ProxyConfig;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import dev.sandlot.proxy.runner.Gateways;
import dev.sandlot.runtime.remote.GatewayEndpoint;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A listening proxy with a private sandbox, a public one, and one of another tenant.
final class ProxyFixture implements AutoCloseable {
  static final String KEY = "dtn_the-key-of-the-owner";
  static final String OTHER_KEY = "dtn_the-key-of-another-tenant";
  static final String TOKEN = "preview-token-of-the-private-one";
  static final String TOOLBOX_TOKEN = "toolbox-token-of-the-private-one";
  static final String RUNNER_KEY = "dtn_the-key-of-the-runner-0123456789";
  static final String SIGNED = "abcdefgh01234567";

  final SandboxId closed = SandboxId.of("11111111-2222-4333-8444-555555555555");
  final SandboxId open = SandboxId.of("99999999-2222-4333-8444-555555555555");
  final FakeDirectory directory = new FakeDirectory();
  final FakeGateway gateway = new FakeGateway();
  final RunnerId runner = RunnerId.random();
  final Proxy proxy;
  final HttpServer server;

  /// The runner's listener; empty for one in the proxy's process.
  final Optional<HttpServer> remote;

  ProxyFixture() {
    this(ProxyLimits.DEFAULT, false);
  }

  /// @param remote whether the sandboxes are on another machine, called over HTTP
  ProxyFixture(ProxyLimits limits, boolean remote) {
    this(limits, remote, Optional.empty());
  }

  /// @param tls of the runner
  ProxyFixture(ProxyLimits limits, boolean remote, Optional<TlsFiles> tls) {
    directory.sandboxes.put(closed, false);
    directory.sandboxes.put(open, true);
    directory.keys.put(KEY, List.of(closed, open));
    directory.keys.put(OTHER_KEY, List.of());
    directory.previewTokens.put(closed + ":3000", TOKEN);
    directory.previewTokens.put(closed + ":2280", TOOLBOX_TOKEN);
    directory.signed.put(
        SIGNED, new SandboxDirectory.SignedTarget(closed, 3000, Instant.now().plusSeconds(3600)));
    gateway.running.addAll(List.of(closed, open));
    ProxyConfig config =
        new ProxyConfig(
            "proxy.localhost:4000", Set.of("localhost", "127.0.0.1"), false, new byte[32], limits);
    this.remote = remote ? Optional.of(listen(gateway, tls)) : Optional.empty();
    directory.runner =
        new SandboxDirectory.Runner(
            runner,
            this.remote.map(listener ->
                URI.create(
                    (tls.isPresent() ? "https://localhost:" : "http://127.0.0.1:")
                        + listener.port())));
    Gateways.Runners runners =
        remote
            ? new Gateways.Runners(
                Optional.empty(),
                id -> Optional.of(RUNNER_KEY).filter(_ -> id.equals(runner)),
                false)
            : Gateways.Runners.only(gateway);
    proxy = new Proxy(config, directory, runners, FailedAttempts.standard());
    server =
        HttpServer.start(
            ListenConfig.plain("proxy", "127.0.0.1", 0), proxy, proxy.failures(), proxy);
  }

  private static HttpServer listen(FakeGateway gateway, Optional<TlsFiles> tls) {
    GatewayEndpoint endpoint = new GatewayEndpoint(gateway, RUNNER_KEY);
    return HttpServer.start(
        new ListenConfig("runner", "127.0.0.1", 0, tls, ConnectionLimits.STANDARD, Set.of()),
        endpoint,
        endpoint.failures(),
        endpoint);
  }

  /// The usual ones, with this much patience and frequent signs of use.
  static ProxyLimits limits(Duration quietMax) {
    ProxyLimits patient = ProxyLimits.DEFAULT;
    return new ProxyLimits(
        patient.headerLineBytesMax(),
        patient.headersMax(),
        quietMax,
        quietMax,
        patient.accessRemembered(),
        patient.rememberedMax(),
        Duration.ofMillis(50),
        Duration.ofMillis(10),
        patient.cookieAge(),
        quietMax,
        patient.strangersMax(),
        patient.lookEvery());
  }

  String host(int port) {
    return port + "-" + closed + ".proxy.localhost:4000";
  }

  String publicHost(int port) {
    return port + "-" + open + ".proxy.localhost:4000";
  }

  String signedHost(int port) {
    return port + "-" + SIGNED + ".proxy.localhost:4000";
  }

  /// Sends a request and reads until the connection ends.
  String get(String host, String target, String... headers) throws IOException {
    return send("GET", host, target, "", headers);
  }

  String send(String method, String host, String target, String body, String... headers)
      throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(head(method, host, target, body.length(), headers));
      socket.getOutputStream().write(body.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  Socket connect() throws IOException {
    Socket socket = new Socket("127.0.0.1", server.port());
    socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
    return socket;
  }

  static byte[] head(String method, String host, String target, long length, String... headers) {
    StringBuilder text = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    text.append("Host: ").append(host).append("\r\nConnection: close\r\n");
    if (length > 0) {
      text.append("Content-Length: ").append(length).append("\r\n");
    }
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    return text.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  static int status(String answer) {
    return Integer.parseInt(answer.substring(9, 12));
  }

  @Override
  public void close() {
    server.close();
    proxy.close();
    remote.ifPresent(HttpServer::close);
  }
}
