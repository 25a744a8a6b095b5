package dev.sandlot.http.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// WebSockets of ours, asked byte by byte: what well-behaved clients need, and what others try.
class WebSocketTest {
  private static final int MESSAGE_BYTES_MAX = 1_000;
  private static final WebSocketLimits LIMITS =
      new WebSocketLimits(MESSAGE_BYTES_MAX, 2_000, Duration.ofMillis(300), Duration.ofSeconds(2));

  private final AtomicReference<WebSocketEndpoint> endpoint = new AtomicReference<>(this::echo);
  private final CountDownLatch served = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void start() {
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            exchange -> exchange.sendText("no upgrade"),
            (_, failure) -> Map.of("message", failure.sentence()),
            this::open);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Optional<Tunnel> open(UpgradeRequest request) {
    try {
      if (request.rawPath().equals("/refused")) {
        throw HttpFailure.conflict("taken by " + request.query("id").orElse("nobody"));
      }
      Optional<String> protocol = request.protocols().stream().findFirst();
      return Optional.of(
          new WebSocketTunnel(
              request,
              protocol,
              request.rawPath().equals("/large") ? LIMITS.withMessages(1 << 20) : LIMITS,
              socket -> {
                try {
                  endpoint.get().serve(socket);
                } finally {
                  served.countDown();
                }
              }));
    } catch (HttpFailure failure) {
      return Optional.of(Tunnel.refusing(failure, Map.of("message", failure.sentence())));
    }
  }

  private void echo(WebSocket socket) throws Exception {
    for (Optional<WebSocket.Message> next = socket.receive();
        next.isPresent();
        next = socket.receive()) {
      WebSocket.Message message = next.get();
      if (message.text()) {
        socket.sendText(new String(message.bytes(), UTF_8));
      } else {
        socket.sendBytes(message.bytes(), 0, message.bytes().length);
      }
    }
  }

  @Test
  void agreesFromAnyOriginToOneProtocolAndNoExtension() throws Exception {
    try (Client client =
        new Client(
            "/",
            "Origin: https://anywhere.example",
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Sec-WebSocket-Protocol: first, second")) {
      assertThat(client.head)
          .startsWith("HTTP/1.1 101 ")
          .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
          .contains("Sec-WebSocket-Protocol: first\r\n")
          .doesNotContain("Extensions");
    }
  }

  @Test
  void refusesWithStatusAndBody() throws Exception {
    try (Client client = new Client("/refused?id=a%20b+c")) {
      assertThat(client.head).startsWith("HTTP/1.1 409 ").contains("Connection: close");
      assertThat(client.rest()).isEqualTo("{\"message\":\"taken by a b c\"}");
    }
  }

  @Test
  void refusesHandshakesThatAreNone() throws Exception {
    assertThat(handshake("Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ=="))
        .startsWith("HTTP/1.1 426 ")
        .contains("Sec-WebSocket-Version: 13");
    assertThat(handshake("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short"))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void carriesTextBytesAndPieces() throws Exception {
    try (Client client = new Client("/")) {
      client.send(0x81, "grüß dich".getBytes(UTF_8));
      assertThat(client.receive()).isEqualTo(new Frame(0x81, "grüß dich"));
      client.send(0x02, "in ".getBytes(UTF_8));
      client.send(0x89, "between".getBytes(UTF_8));
      client.send(0x80, "pieces".getBytes(UTF_8));
      assertThat(client.receive()).isEqualTo(new Frame(0x8a, "between"));
      assertThat(client.receive()).isEqualTo(new Frame(0x82, "in pieces"));
      client.send(0x82, new byte[500]);
      assertThat(client.receive()).isEqualTo(new Frame(0x82, "\0".repeat(500)));
    }
  }

  @Test
  void answersAPingWhileNobodyReceives() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    endpoint.set(_ -> assertThat(done.await(20, TimeUnit.SECONDS)).isTrue());
    try (Client client = new Client("/")) {
      client.send(0x82, new byte[10]);
      client.send(0x89, "busy?".getBytes(UTF_8));
      assertThat(client.receive()).isEqualTo(new Frame(0x8a, "busy?"));
      done.countDown();
      assertThat(client.receiveClose()).isEqualTo("1000 ");
    }
  }

  @Test
  void closesWithCodeAndAReasonThatFits() throws Exception {
    endpoint.set(socket -> socket.close(1011, "ü".repeat(100)));
    try (Client client = new Client("/")) {
      assertThat(client.receiveClose()).isEqualTo("1011 " + "ü".repeat(61));
    }
  }

  @Test
  void closesWhatFailsWithoutItsDetails() throws Exception {
    endpoint.set(_ -> {
      throw new IllegalStateException("secret detail");
    });
    try (Client client = new Client("/")) {
      assertThat(client.receiveClose()).startsWith("1011 ").doesNotContain("secret");
    }
  }

  @Test
  void answersACloseAndTellsWhoWaits() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    endpoint.set(socket -> {
      socket.whenClosed(told::countDown);
      assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(socket.receive()).isEmpty();
      assertThat(socket.closed()).isTrue();
    });
    try (Client client = new Client("/")) {
      client.send(0x88, new byte[] {0x0f, (byte) 0xa0});
      assertThat(client.receiveClose()).isEqualTo("4000 ");
      assertThat(client.rest()).isEmpty();
    }
    assertThat(told.getCount()).isZero();
  }

  @Test
  void tellsWhoWaitsWhenTheClientVanishes() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    endpoint.set(socket -> {
      socket.whenClosed(told::countDown);
      assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
    });
    new Client("/").close();
    assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(told.getCount()).isZero();
  }

  @Test
  void refusesFramesThatMustNotBe() throws Exception {
    assertThat(closeAfter(new byte[] {(byte) 0x82, 1, 'x'})).startsWith("1002 "); // not masked
    assertThat(closeAfter(masked(0xc2, new byte[1]))).startsWith("1002 "); // compressed
    assertThat(closeAfter(masked(0x83, new byte[1]))).startsWith("1002 "); // unknown kind
    assertThat(closeAfter(masked(0x80, new byte[1]))).startsWith("1002 "); // nothing to continue
    assertThat(closeAfter(masked(0x09, new byte[1]))).startsWith("1002 "); // a ping in pieces
    assertThat(closeAfter(masked(0x89, new byte[126]))).startsWith("1002 "); // a long ping
    assertThat(closeAfter(masked(0x88, new byte[] {3, (byte) 0xed}))).startsWith("1002 "); // 1005
    assertThat(closeAfter(masked(0x81, new byte[] {(byte) 0xff}))).startsWith("1007 ");
  }

  @Test
  void refusesWhatIsTooLongWithTheLimit() throws Exception {
    assertThat(closeAfter(masked(0x82, new byte[MESSAGE_BYTES_MAX + 1])))
        .isEqualTo("1009 a message is at most 1000 bytes");
    byte[] huge = {(byte) 0x82, (byte) 0xff, -1, -1, -1, -1, -1, -1, -1, -1};
    assertThat(closeAfter(huge)).startsWith("1009 ");
    try (Client client = new Client("/")) {
      client.send(0x02, new byte[MESSAGE_BYTES_MAX]);
      client.send(0x80, new byte[1]);
      assertThat(client.receiveClose()).startsWith("1009 ");
    }
  }

  @Test
  void holdsBackAClientWhoseMessagesNobodyTakes() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    endpoint.set(socket -> {
      assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
      echo(socket);
    });
    try (Client client = new Client("/")) {
      for (int index = 0; index < 100; index++) {
        client.send(0x82, new byte[100]);
      }
      go.countDown();
      for (int index = 0; index < 100; index++) {
        assertThat(client.receive().payload()).hasSize(100);
      }
    }
  }

  @Test
  void holdsBackAClientWhoseMessagesAreEmpty() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch sent = new CountDownLatch(1);
    int count = 4_000_000; // more than what lies on the way in both sockets
    AtomicInteger received = new AtomicInteger();
    endpoint.set(socket -> {
      assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
      while (received.get() < count && socket.receive().isPresent()) {
        received.incrementAndGet();
      }
    });
    try (Client client = new Client("/")) {
      byte[] some = new byte[6 * 10_000];
      for (int index = 0; index < some.length; index += 6) {
        some[index] = (byte) 0x82;
        some[index + 1] = (byte) 0x80;
      }
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int index = 0; index < count; index += 10_000) {
                client.raw(some);
              }
              sent.countDown();
            } catch (IOException _) {
              // Then the count is not reached.
            }
          });
      assertThat(sent.await(2, TimeUnit.SECONDS)).isFalse();
      go.countDown();
      assertThat(sent.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(received.get()).isEqualTo(count);
    }
  }

  @Test
  void givesUpOnAClientThatReadsNothing() throws Exception {
    AtomicReference<Exception> failure = new AtomicReference<>();
    endpoint.set(socket -> {
      try {
        while (true) {
          socket.sendBytes(new byte[100_000], 0, 100_000);
        }
      } catch (IOException e) {
        failure.set(e);
      }
    });
    try (Client _ = new Client("/")) {
      assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(failure.get()).isNotNull();
    }
  }

  private String closeAfter(byte[] bytes) throws IOException {
    try (Client client = new Client("/")) {
      client.raw(bytes);
      return client.receiveClose();
    }
  }

  private String handshake(String... headers) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(20_000);
      String head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
      head += String.join("\r\n", headers) + "\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static byte[] masked(int first, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(first);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else {
      frame.write(0x80 | 126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    byte[] mask = {1, 2, 3, 4};
    frame.writeBytes(mask);
    for (int index = 0; index < payload.length; index++) {
      frame.write(payload[index] ^ mask[index % 4]);
    }
    return frame.toByteArray();
  }

  /// Were each fragment to copy what came before, this would take minutes: half a terabyte.
  @Test
  void takesAMessageOfAMillionFragmentsInItsStride() throws Exception {
    int count = 1 << 20;
    endpoint.set(socket ->
        socket.sendText("got " + socket.receive().orElseThrow().bytes().length + " bytes"));
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (int index = 0; index < count; index++) {
      int last = index == count - 1 ? 0x80 : 0;
      frames.writeBytes(masked(last | (index == 0 ? 2 : 0), new byte[] {(byte) index}));
    }
    try (Client client = new Client("/large")) {
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  client.raw(frames.toByteArray());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      client.socket.setSoTimeout(60_000);
      assertThat(client.receive().payload()).isEqualTo("got " + count + " bytes");
      sender.join();
    }
  }

  private record Frame(int first, String payload) {}

  /// A client that does as it is told.
  private final class Client implements AutoCloseable {
    private final Socket socket = new Socket("127.0.0.1", server.port());
    private final InputStream in = socket.getInputStream();
    private final String head;

    Client(String target, String... headers) throws IOException {
      socket.setSoTimeout(20_000);
      StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: x\r\n");
      request.append("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n");
      request.append("Sec-WebSocket-Version: 13\r\n");
      request.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      raw(request.append("\r\n").toString().getBytes(ISO_8859_1));
      StringBuilder answer = new StringBuilder();
      while (!answer.toString().endsWith("\r\n\r\n")) {
        answer.append((char) in.read());
      }
      head = answer.toString();
    }

    void raw(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    void send(int first, byte[] payload) throws IOException {
      raw(masked(first, payload));
    }

    Frame receive() throws IOException {
      DataInputStream data = new DataInputStream(in);
      int first = data.readUnsignedByte();
      int length = data.readUnsignedByte();
      length = length == 126 ? data.readUnsignedShort() : length;
      return new Frame(first, new String(data.readNBytes(length), UTF_8));
    }

    /// Code and reason of the close that must come now.
    String receiveClose() throws IOException {
      DataInputStream data = new DataInputStream(in);
      assertThat(data.readUnsignedByte()).isEqualTo(0x88);
      byte[] payload = data.readNBytes(data.readUnsignedByte());
      int code = (payload[0] & 0xff) << 8 | payload[1] & 0xff;
      return code + " " + new String(Arrays.copyOfRange(payload, 2, payload.length), UTF_8);
    }

    String rest() throws IOException {
      return new String(in.readAllBytes(), UTF_8);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
