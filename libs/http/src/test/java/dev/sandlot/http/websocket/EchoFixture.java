package dev.sandlot.http.websocket;

import static dev.sandlot.http.websocket.RawWebSocket.CLOSE;
import static dev.sandlot.http.websocket.RawWebSocket.LAST;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/// A server that sends back what it receives over a WebSocket.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EchoFixture {
  static final int MESSAGE_BYTES_MAX = 1 << 20;
  private static final WebSocketLimits LIMITS =
      new WebSocketLimits(
          MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX, Duration.ofSeconds(60), Duration.ofSeconds(5));
  static final byte[] NOTHING = {};

  private HttpServer server;

  @BeforeAll
  final void start() {
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            exchange -> exchange.sendText("no upgrade"),
            (_, failure) -> Map.of("message", failure.sentence()),
            this::open);
  }

  @AfterAll
  final void stop() {
    server.close();
  }

  private Optional<Tunnel> open(UpgradeRequest request) {
    return Optional.of(new WebSocketTunnel(request, Optional.empty(), LIMITS, EchoFixture::echo));
  }

  private static void echo(WebSocket socket) throws Exception {
    for (Optional<WebSocket.Message> next = socket.receive();
        next.isPresent();
        next = socket.receive()) {
      byte[] bytes = next.get().bytes();
      if (next.get().text()) {
        socket.sendText(new String(bytes, UTF_8));
      } else {
        socket.sendBytes(bytes, 0, bytes.length);
      }
    }
  }

  final RawWebSocket connect(String... headers) throws IOException {
    return new RawWebSocket(server.port(), "/", headers);
  }

  /// What is sent on a connection of its own, and the code that it must be closed with.
  final void closes(int code, byte[]... frames) throws IOException {
    try (RawWebSocket client = connect()) {
      for (byte[] each : frames) {
        client.raw(each);
      }
      assertThat(client.receiveClose()).isEqualTo(code);
      client.send(LAST | CLOSE, NOTHING);
      client.endOutput();
      assertThat(client.atEnd()).isTrue();
    }
  }

  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) '*');
    return bytes;
  }

  static byte[] parsed(String hex) {
    return HexFormat.of().parseHex(hex);
  }
}
