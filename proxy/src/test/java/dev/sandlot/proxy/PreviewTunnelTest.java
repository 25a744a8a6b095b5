package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.TOKEN;
import static dev.sandlot.proxy.ProxyTrafficTest.readUntil;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.proxy.access.ProxyLimits;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Upgraded connections to servers inside.
class PreviewTunnelTest {
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

  private ProxyFixture fixture;

  /// Whether the sandboxes are on another machine.
  boolean remote() {
    return false;
  }

  @BeforeEach
  void start() {
    fixture = new ProxyFixture(ProxyLimits.DEFAULT, remote());
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void carriesBytesBothWaysAndTheEndOfEach() throws IOException {
    try (RawServer inside = echo();
        Socket client =
            upgrade(fixture.host(3000), "/ws/%2F?a=1&a=%20", "Authorization: Bearer " + KEY)) {
      InputStream in = client.getInputStream();
      String head = RawServer.readHead(in);
      assertThat(head)
          .startsWith("HTTP/1.1 101")
          .containsPattern("(?i)upgrade: websocket")
          .containsPattern("(?i)sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\\+xOo=");
      assertThat(new String(in.readNBytes(5), ISO_8859_1)).isEqualTo("first");
      byte[] frame = {(byte) 0x82, 0, -1, 10, 13, 0};
      client.getOutputStream().write(frame);
      assertThat(in.readNBytes(frame.length)).isEqualTo(frame);
      client.shutdownOutput();
      assertThat(new String(in.readAllBytes(), ISO_8859_1)).isEqualTo("bye");
      assertThat(inside.lastHead())
          .startsWith("GET /ws/%2F?a=1&a=%20 HTTP/1.1\r\n")
          .containsPattern("(?i)connection: upgrade\r\n")
          .containsPattern("(?i)sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
          .doesNotContain(KEY);
    }
  }

  @Test
  void letsTheTokenOfTheQueryIn() throws IOException {
    try (RawServer inside = echo();
        Socket client =
            upgrade(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN + "&x=1")) {
      assertThat(RawServer.readHead(client.getInputStream())).startsWith("HTTP/1.1 101");
      client.shutdownOutput();
      assertThat(new String(client.getInputStream().readAllBytes(), ISO_8859_1)).endsWith("bye");
      assertThat(inside.lastHead()).startsWith("GET /?x=1 HTTP/1.1");
    }
  }

  @Test
  void refusesStrangersBeforeAnythingGoesIn() throws IOException {
    try (RawServer inside = echo()) {
      assertThat(refusal(fixture.host(3000))).startsWith("HTTP/1.1 401").contains("UNAUTHORIZED");
      assertThat(refusal(fixture.publicHost(22_222))).startsWith("HTTP/1.1 401");
      assertThat(refusal(fixture.signedHost(3001))).startsWith("HTTP/1.1 401");
      assertThat(refusal("03000-" + fixture.open + ".proxy.localhost")).startsWith("HTTP/1.1 400");
      assertThat(refusal(fixture.host(3000), "Authorization: Bearer " + ProxyFixture.OTHER_KEY))
          .startsWith("HTTP/1.1 404");
      assertThat(refusal(fixture.publicHost(9999))).startsWith("HTTP/1.1 502");
      assertThat(inside.heads).isEmpty();
    }
  }

  @Test
  void sendsNothingMoreInWhenTheServerDoesNotUpgrade() throws Exception {
    CompletableFuture<String> later = new CompletableFuture<>();
    try (RawServer inside =
        new RawServer((_, socket) -> {
          socket
              .getOutputStream()
              .write(
                  "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope".getBytes(ISO_8859_1));
          later.complete(new String(socket.getInputStream().readAllBytes(), ISO_8859_1));
        })) {
      fixture.gateway.ports.put(3000, inside.port());
      try (Socket client = upgrade(fixture.publicHost(3000), "/")) {
        client
            .getOutputStream()
            .write(
                ("GET /second HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + KEY + "\r\n\r\n")
                    .getBytes(ISO_8859_1));
        String answer = new String(client.getInputStream().readAllBytes(), ISO_8859_1);
        assertThat(answer)
            .startsWith("HTTP/1.1 404")
            .containsPattern("(?i)connection: close")
            .endsWith("nope");
      }
      assertThat(later.get(60, TimeUnit.SECONDS)).isEmpty();
      assertThat(inside.heads).hasSize(1);
    }
  }

  @Test
  void saysWhenTheServerInsideSpeaksNoHttp() throws IOException {
    try (RawServer inside =
        new RawServer(
            (_, socket) -> socket.getOutputStream().write("hm\r\n\r\n".getBytes(ISO_8859_1)))) {
      fixture.gateway.ports.put(3000, inside.port());
      try (Socket client = upgrade(fixture.publicHost(3000), "/")) {
        assertThat(new String(client.getInputStream().readAllBytes(), ISO_8859_1))
            .startsWith("HTTP/1.1 502")
            .contains("\"statusCode\":502");
      }
    }
  }

  private String refusal(String host, String... headers) throws IOException {
    try (Socket client = upgrade(host, "/", headers)) {
      return readUntil(client.getInputStream(), "}");
    }
  }

  /// A server that greets, repeats, and takes its leave.
  private RawServer echo() throws IOException {
    RawServer server =
        new RawServer((_, socket) -> {
          socket.getOutputStream().write((SWITCH + "first").getBytes(ISO_8859_1));
          socket.getInputStream().transferTo(socket.getOutputStream());
          socket.getOutputStream().write("bye".getBytes(ISO_8859_1));
        });
    for (int port : new int[] {3000, 3001, 22_222}) {
      fixture.gateway.ports.put(port, server.port());
    }
    return server;
  }

  private Socket upgrade(String host, String target, String... headers) throws IOException {
    Socket socket = fixture.connect();
    StringBuilder head = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
    head.append("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n");
    head.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    socket.getOutputStream().write(head.append("\r\n").toString().getBytes(ISO_8859_1));
    return socket;
  }
}
