package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.OTHER_KEY;
import static dev.sandlot.proxy.ProxyFixture.TOOLBOX_TOKEN;
import static dev.sandlot.proxy.ProxyTrafficTest.readUntil;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// WebSockets of the toolbox: let in like its other calls, by path and by the host of its port.
class ToolboxUpgradeTest {
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
  void letsAKeyInByPathAndTakesItAway() throws IOException {
    String seen = spoken("localhost", toolbox("/socket?x=%2F"), "Authorization: Bearer " + KEY);

    assertThat(seen)
        .contains(fixture.closed + " /socket?x=%2F")
        .contains("Sec-WebSocket-Version=13")
        .doesNotContain(KEY);
  }

  @Test
  void letsATokenInByHeaderAndQuery() throws IOException {
    String byHeader =
        spoken(fixture.host(2280), "/socket?a=b", "X-Daytona-Preview-Token: " + TOOLBOX_TOKEN);
    String byQuery =
        spoken("localhost", toolbox("/socket?DAYTONA_SANDBOX_AUTH_KEY=" + TOOLBOX_TOKEN));

    assertThat(byHeader).contains(fixture.closed + " /socket?a=b").doesNotContain(TOOLBOX_TOKEN);
    assertThat(byQuery).contains(fixture.closed + " /socket [").doesNotContain(TOOLBOX_TOKEN);
  }

  @Test
  void refusesStrangers() throws IOException {
    assertThat(refusal("localhost", toolbox("/socket"))).startsWith("HTTP/1.1 401");
    assertThat(refusal("localhost", toolbox("/socket"), "Authorization: Bearer " + OTHER_KEY))
        .startsWith("HTTP/1.1 404");
    assertThat(refusal(fixture.publicHost(2280), "/socket")).startsWith("HTTP/1.1 401");
  }

  @Test
  void passesTheToolboxsRefusalOn() throws IOException {
    String refused = refusal("localhost", toolbox("/taken"), "Authorization: Bearer " + KEY);

    assertThat(refused)
        .startsWith("HTTP/1.1 409")
        .contains("\"statusCode\":409")
        .contains("\"message\":\"it is taken\"")
        .contains("\"code\":\"CONFLICT\"")
        .contains("\"source\":\"DAYTONA_DAEMON\"");
  }

  @Test
  void tellsNothingOfAFault() throws IOException {
    assertThat(refusal("localhost", toolbox("/broken"), "Authorization: Bearer " + KEY))
        .startsWith("HTTP/1.1 500")
        .contains("reference")
        .doesNotContain("secret");
  }

  @Test
  void servesAPathWithoutAWebSocketLikeAnyOther() throws IOException {
    assertThat(refusal("localhost", toolbox("/missing"), "Authorization: Bearer " + KEY))
        .startsWith("HTTP/1.1 404")
        .contains("FILE_NOT_FOUND");
  }

  @Test
  void countsAsUseWhileItLasts() throws Exception {
    fixture.close();
    ProxyLimits usual = ProxyLimits.DEFAULT;
    fixture =
        new ProxyFixture(
            new ProxyLimits(
                usual.headerLineBytesMax(),
                usual.headersMax(),
                usual.answerQuietMax(),
                usual.tunnelQuietMax(),
                usual.accessRemembered(),
                usual.rememberedMax(),
                Duration.ofMillis(20),
                Duration.ZERO,
                usual.cookieAge(),
                usual.strangerQuietMax(),
                usual.strangersMax(),
                usual.lookEvery()),
            remote());
    try (Socket client = upgrade("localhost", toolbox("/socket"), "Authorization: Bearer " + KEY)) {
      assertThat(readUntil(client.getInputStream(), "]")).startsWith("HTTP/1.1 101");
      Waiting.eventually("it is counted", () -> fixture.directory.activity.size() >= 5);
    }
  }

  private String toolbox(String path) {
    return "/toolbox/" + fixture.closed + path;
  }

  private String spoken(String host, String target, String... headers) throws IOException {
    try (Socket client = upgrade(host, target, headers)) {
      InputStream in = client.getInputStream();
      assertThat(RawServer.readHead(in)).startsWith("HTTP/1.1 101");
      return readUntil(in, "]");
    }
  }

  private String refusal(String host, String target, String... headers) throws IOException {
    try (Socket client = upgrade(host, target, headers)) {
      return readUntil(client.getInputStream(), "}");
    }
  }

  private Socket upgrade(String host, String target, String... headers) throws IOException {
    Socket socket = fixture.connect();
    StringBuilder head = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
    head.append("Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://any.example\r\n");
    head.append("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    socket.getOutputStream().write(head.append("\r\n").toString().getBytes(ISO_8859_1));
    return socket;
  }
}
