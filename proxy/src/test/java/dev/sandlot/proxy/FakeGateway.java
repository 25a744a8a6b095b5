package dev.sandlot.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.websocket.WebSocketLimits;
import dev.sandlot.http.websocket.WebSocketTunnel;
import dev.sandlot.model.SandboxId;
import dev.sandlot.runtime.NotRunning;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.ToolboxGateway;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/// Sandboxes whose ports are servers of the test.
final class FakeGateway implements ToolboxGateway {
  final Set<SandboxId> running = ConcurrentHashMap.newKeySet();
  final Map<Integer, Integer> ports = new ConcurrentHashMap<>();
  final List<Integer> dialled = Collections.synchronizedList(new ArrayList<>());

  /// Those whose callers have left while they waited.
  final CountDownLatch left = new CountDownLatch(1);

  /// Answers with what the toolbox got to see.
  @Override
  public void serve(SandboxId id, String rawPath, Exchange exchange) throws Exception {
    switch (rawPath) {
      case "/echo" -> echo(exchange);
      case "/until-left" -> waitUntilLeft(exchange);
      case "/refused" ->
          throw new HttpFailure(
              416,
              "RANGE",
              "not so far",
              Map.of("Content-Range", "bytes */5"),
              Map.of("exitCode", 3));
      case "/broken-off" -> breakOff(exchange);
      default -> show(id, rawPath, exchange);
    }
  }

  /// Each piece of the body as soon as it is there.
  private static void echo(Exchange exchange) throws IOException {
    exchange.responseHeader("Content-Type", "application/octet-stream");
    try (OutputStream out = exchange.outputStream()) {
      byte[] buffer = new byte[8_192];
      InputStream in = exchange.body();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
    }
  }

  private void waitUntilLeft(Exchange exchange) throws Exception {
    Waiting.eventually("the client has left", exchange::clientGone);
    left.countDown();
  }

  private static void breakOff(Exchange exchange) throws IOException {
    exchange.responseHeader("Content-Length", "10");
    OutputStream out = exchange.outputStream();
    out.write("half".getBytes(US_ASCII));
    out.flush();
    exchange.abort();
  }

  private static void show(SandboxId id, String rawPath, Exchange exchange) {
    if (rawPath.equals("/missing")) {
      throw new HttpFailure(404, "FILE_NOT_FOUND", "there is no such file");
    }
    StringBuilder seen = new StringBuilder("toolbox of " + id + "\n");
    seen.append(exchange.method()).append(' ').append(rawPath).append('?');
    seen.append(exchange.rawQuery()).append('\n');
    seen.append("path=").append(exchange.query("path").orElse("none")).append('\n');
    exchange
        .headers()
        .forEach(header ->
            seen.append(header.getKey()).append(": ").append(header.getValue()).append('\n'));
    exchange.sendText(seen.toString());
  }

  /// Has a WebSocket that says what the toolbox got to see, and one that is taken.
  @Override
  public Optional<Tunnel> upgrade(SandboxId id, String rawPath, UpgradeRequest request) {
    return switch (rawPath) {
      case "/socket" ->
          Optional.of(
              new WebSocketTunnel(
                  request,
                  Optional.empty(),
                  WebSocketLimits.STANDARD,
                  socket -> {
                    socket.sendText(id + " " + request.rawTarget() + " " + request.headers());
                    var _ = socket.receive();
                  }));
      case "/taken" -> throw HttpFailure.conflict("it is taken");
      case "/broken" -> throw new IllegalStateException("secret detail");
      default -> Optional.empty();
    };
  }

  @Override
  public PortConnection dial(SandboxId id, int port) throws IOException {
    if (!running.contains(id)) {
      throw new NotRunning();
    }
    dialled.add(port);
    Integer real = ports.get(port);
    if (real == null) {
      throw new IOException("connection refused");
    }
    return new SocketConnection(new Socket("127.0.0.1", real));
  }

  private record SocketConnection(Socket socket) implements PortConnection {
    @Override
    public InputStream in() {
      try {
        return socket.getInputStream();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public OutputStream out() {
      try {
        return socket.getOutputStream();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void closeOutput() {
      try {
        socket.shutdownOutput();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
