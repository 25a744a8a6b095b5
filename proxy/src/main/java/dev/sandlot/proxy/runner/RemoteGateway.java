package dev.sandlot.proxy.runner;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.model.SandboxId;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.forward.AnswerHead;
import dev.sandlot.proxy.forward.Forwarding;
import dev.sandlot.proxy.forward.HeaderRules;
import dev.sandlot.proxy.forward.Upstream;
import dev.sandlot.runtime.NotRunning;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.ToolboxGateway;
import dev.sandlot.runtime.remote.GatewayProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hc.core5.http.HttpException;

/// The gateway of a runner on another machine ({@link GatewayProtocol}). A connection for each
/// call. Thread-safe.
///
/// @param address scheme, host and port
/// @param key the runner's
record RemoteGateway(URI address, String key, RunnerConnections connections, ProxyLimits limits)
    implements ToolboxGateway {
  private static final int FAILURE_BYTES_MAX = 4 << 20;

  @Override
  public void serve(SandboxId id, String rawPath, Exchange exchange) throws Exception {
    String query = exchange.rawQuery();
    String target = GatewayProtocol.toolboxPath(id, rawPath) + (query.isEmpty() ? "" : "?" + query);
    List<Map.Entry<String, String>> headers =
        headers(HeaderRules.ofRequest(exchange.headers()), "close");
    try (RunnerConnection connection = connections.open(address);
        Upstream upstream = new Upstream(connection, limits);
        ClientWatcher _ = ClientWatcher.start(exchange, connection)) {
      Forwarding forwarding = new Forwarding(exchange, upstream);
      Upstream.Answer answer;
      try {
        answer = forwarding.ask(target, headers);
      } catch (IOException _) {
        throw brokenOff();
      }
      Optional<HttpFailure> failure = failure(answer);
      if (failure.isPresent()) {
        forwarding.end();
        throw failure.get();
      }
      exchange.status(answer.status());
      HeaderRules.byName(HeaderRules.ofAnswer(answer.headers()))
          .forEach((name, values) -> exchange.responseHeader(name, values.toArray(String[]::new)));
      forwarding.relay(answer);
    }
  }

  @Override
  public Optional<Tunnel> upgrade(SandboxId id, String rawPath, UpgradeRequest request)
      throws IOException {
    int mark = request.rawTarget().indexOf('?');
    String query = mark < 0 ? "" : request.rawTarget().substring(mark);
    List<Map.Entry<String, String>> headers =
        headers(HeaderRules.ofRequest(request.headers()), "Upgrade");
    headers.add(Map.entry("Upgrade", "websocket"));
    RunnerConnection connection = connections.open(address);
    try {
      Upstream.Answer upgraded =
          upgrade(connection, GatewayProtocol.toolboxPath(id, rawPath) + query, headers);
      return Optional.of((in, out) -> {
        try (connection) {
          out.write(
              AnswerHead.of(
                  upgraded.status(),
                  "Switching Protocols",
                  HeaderRules.ofAnswer(upgraded.headers()),
                  "Upgrade"));
          Thread.ofVirtual().name("socket-upload").start(() -> upload(in, connection));
          copy(upgraded.body(), out);
        }
      });
    } catch (HttpFailure failure) {
      connection.close();
      if (failure.code().orElse("").equals(GatewayProtocol.NO_WEB_SOCKET)) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  @Override
  public PortConnection dial(SandboxId id, int port) throws IOException {
    List<Map.Entry<String, String>> headers =
        headers(List.of(Map.entry("Host", address.getRawAuthority())), "Upgrade");
    headers.add(Map.entry("Upgrade", GatewayProtocol.PORT_PROTOCOL));
    RunnerConnection connection = connections.open(address);
    try {
      return new RemotePort(
          connection, upgrade(connection, GatewayProtocol.portPath(id, port), headers));
    } catch (HttpFailure failure) {
      connection.close();
      switch (failure.code().orElse("")) {
        case GatewayProtocol.NOT_RUNNING -> throw new NotRunning();
        case GatewayProtocol.REFUSED -> throw new IOException(failure.sentence());
        default -> throw failure;
      }
    }
  }

  /// @throws HttpFailure when the runner refuses or is gone
  private Upstream.Answer upgrade(
      RunnerConnection connection, String target, List<Map.Entry<String, String>> headers) {
    try {
      Upstream upstream = new Upstream(connection, limits);
      upstream.send("GET", target, headers);
      Upstream.Answer answer = upstream.receive("GET");
      if (answer.status() != Upstream.Answer.SWITCHED) {
        throw failure(answer).orElseGet(RemoteGateway::brokenOff);
      }
      return answer;
    } catch (IOException | HttpException _) {
      throw brokenOff();
    }
  }

  private List<Map.Entry<String, String>> headers(
      List<Map.Entry<String, String>> kept, String connection) {
    List<Map.Entry<String, String>> headers = new ArrayList<>(kept);
    headers.add(Map.entry(GatewayProtocol.KEY_HEADER, GatewayProtocol.bearer(key)));
    headers.add(Map.entry("Connection", connection));
    return headers;
  }

  /// A failure of the gateway's, as it would have been thrown here.
  private static Optional<HttpFailure> failure(Upstream.Answer answer) throws IOException {
    Map<String, String> headers = new HashMap<>();
    boolean marked = false;
    for (Map.Entry<String, String> header : HeaderRules.ofAnswer(answer.headers())) {
      if (header.getKey().equalsIgnoreCase(GatewayProtocol.FAILURE_HEADER)) {
        marked = true;
      } else if (!header.getKey().equalsIgnoreCase("Content-Type")
          && !header.getKey().equalsIgnoreCase("Date")) {
        headers.put(header.getKey(), header.getValue());
      }
    }
    return marked
        ? Optional.of(
            GatewayProtocol.Failure.read(
                answer.status(), headers, answer.body().readNBytes(FAILURE_BYTES_MAX)))
        : Optional.empty();
  }

  private static HttpFailure brokenOff() {
    return new HttpFailure(
        502,
        "",
        "the runner of this sandbox ended the connection before it had answered, so whether the"
            + " call was carried out is not known; look, and try again",
        Map.of(),
        Map.of("source", "DAYTONA_PROXY"));
  }

  private static void upload(InputStream in, RunnerConnection connection) {
    try {
      copy(in, connection.out());
      connection.closeOutput();
    } catch (IOException | RuntimeException _) {
      connection.close();
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[32 * 1024];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
  }

  /// A port of a sandbox, through its runner.
  private record RemotePort(RunnerConnection connection, Upstream.Answer upgraded)
      implements PortConnection {
    @Override
    public InputStream in() {
      return upgraded.body();
    }

    @Override
    public OutputStream out() {
      return connection.out();
    }

    @Override
    public void closeOutput() {
      connection.closeOutput();
    }

    @Override
    public void close() {
      connection.reset();
    }
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "RemoteGateway[address=" + address + "]";
  }
}
