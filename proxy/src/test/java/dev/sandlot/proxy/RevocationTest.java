package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.SIGNED;
import static dev.sandlot.proxy.ProxyFixture.TOKEN;
import static dev.sandlot.proxy.ProxyFixture.TOOLBOX_TOKEN;
import static dev.sandlot.proxy.ProxyTrafficTest.readUntil;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is let in stays in only as long as it would be let in again.
class RevocationTest {
  private static final String UPGRADE =
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst";
  private static final String EVENTS =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nfirst";

  private final CountDownLatch over = new CountDownLatch(1);
  private ProxyFixture fixture;
  private RawServer inside;

  /// Whether the sandboxes are on another machine.
  boolean remote() {
    return false;
  }

  @BeforeEach
  void start() throws IOException {
    fixture = new ProxyFixture(ProxyLimits.DEFAULT, remote());
    // Says something at once, and then nothing more.
    inside =
        new RawServer((head, socket) -> {
          String answer = head.contains("Upgrade: websocket") ? SWITCH : EVENTS;
          socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
          over.await();
        });
    fixture.gateway.ports.put(3000, inside.port());
  }

  @AfterEach
  void stop() throws IOException {
    over.countDown();
    fixture.close();
    inside.close();
  }

  @Test
  void closingAPublicSandboxEndsWhatIsOpen() throws IOException {
    try (Socket tunnel = open(fixture.publicHost(3000), "/", UPGRADE);
        Socket events = open(fixture.publicHost(3000), "/")) {
      fixture.directory.sandboxes.put(fixture.open, false);
      fixture.directory.changed(fixture.open);
      assertEnds(tunnel);
      assertEnds(events);
    }
  }

  @Test
  void revokingAKeyEndsWhatItOpened() throws IOException {
    String bearer = "Authorization: Bearer " + KEY;
    try (Socket tunnel = open(fixture.host(3000), "/", bearer, UPGRADE);
        Socket events = open(fixture.host(3000), "/", bearer);
        Socket toolbox = open("localhost", toolbox("/socket"), bearer, UPGRADE)) {
      fixture.directory.keys.remove(KEY);
      fixture.directory.changed();
      assertEnds(tunnel);
      assertEnds(events);
      assertEnds(toolbox);
    }
  }

  @Test
  void aNewTokenEndsWhatTheOldOneOpened() throws IOException {
    String token = "X-Daytona-Preview-Token: ";
    try (Socket tunnel = open(fixture.host(3000), "/", token + TOKEN, UPGRADE);
        Socket toolbox = open(fixture.host(2280), "/socket", token + TOOLBOX_TOKEN, UPGRADE)) {
      fixture.directory.previewTokens.clear();
      fixture.directory.changed(fixture.closed);
      assertEnds(tunnel);
      assertEnds(toolbox);
    }
  }

  @Test
  void endingASignedLinkEndsWhatItOpened() throws IOException {
    try (Socket tunnel = open(fixture.signedHost(3000), "/", UPGRADE);
        Socket events = open(fixture.signedHost(3000), "/")) {
      fixture.directory.signed.remove(SIGNED);
      fixture.directory.changed(fixture.closed);
      assertEnds(tunnel);
      assertEnds(events);
    }
  }

  @Test
  void aChangeElsewhereEndsNothing() throws IOException {
    String bearer = "Authorization: Bearer " + KEY;
    try (Socket tunnel = open(fixture.host(3000), "/", bearer, UPGRADE)) {
      fixture.directory.changed(fixture.open);
      fixture.directory.changed();
      tunnel.setSoTimeout(500);
      assertThatCode(() -> tunnel.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void aDirectoryThatCannotAnswerEndsNothing() throws IOException {
    String bearer = "Authorization: Bearer " + KEY;
    try (Socket tunnel = open(fixture.host(3000), "/", bearer, UPGRADE)) {
      fixture.directory.failing = true;
      fixture.directory.changed();
      tunnel.setSoTimeout(500);
      assertThatCode(() -> tunnel.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void whoIsLetInWhileItIsRevokedIsNot() throws IOException {
    // The change comes after the question was answered, and before what it opens is noted.
    fixture.directory.afterFind =
        () -> {
          fixture.directory.sandboxes.put(fixture.open, false);
          fixture.directory.changed(fixture.open);
        };
    assertThat(fixture.get(fixture.publicHost(3000), "/")).startsWith("HTTP/1.1 401");
    assertThat(inside.heads).isEmpty();
  }

  @Test
  void whatEndsWithoutASignalEndsAtTheNextLook() throws IOException {
    fixture.close();
    fixture =
        new ProxyFixture(strangers(Duration.ofMinutes(2), 256, Duration.ofMillis(50)), remote());
    fixture.gateway.ports.put(3000, inside.port());
    fixture.directory.signed.put(
        SIGNED,
        new SandboxDirectory.SignedTarget(fixture.closed, 3000, Instant.now().plusSeconds(2)));
    try (Socket tunnel = open(fixture.signedHost(3000), "/", UPGRADE)) {
      assertEnds(tunnel);
    }
  }

  @Test
  void aSilentPortHoldsAStrangerShorterThanSomebodyKnown() throws IOException {
    fixture.close();
    fixture =
        new ProxyFixture(strangers(Duration.ofMillis(300), 256, Duration.ofSeconds(15)), remote());
    fixture.gateway.ports.put(3000, inside.port());
    try (Socket tunnel = open(fixture.publicHost(3000), "/", UPGRADE);
        Socket events = open(fixture.publicHost(3000), "/");
        Socket known = open(fixture.host(3000), "/", "Authorization: Bearer " + KEY, UPGRADE)) {
      assertEnds(tunnel);
      assertEnds(events);
      known.setSoTimeout(500);
      assertThatCode(() -> known.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void strangersShareTheConnectionsOfAPublicSandboxAndTakeNoneFromItsOwner() throws IOException {
    fixture.close();
    fixture =
        new ProxyFixture(strangers(Duration.ofMinutes(2), 2, Duration.ofSeconds(15)), remote());
    fixture.gateway.ports.put(3000, inside.port());
    try (Socket first = open(fixture.publicHost(3000), "/", UPGRADE);
        Socket second = open(fixture.publicHost(3000), "/")) {
      assertThat(fixture.get(fixture.publicHost(3000), "/")).startsWith("HTTP/1.1 503");
      open(fixture.publicHost(3000), "/", "Authorization: Bearer " + KEY).close();
      assertThat(first.isClosed() || second.isClosed()).isFalse();
    }
    // Places are given back.
    open(fixture.publicHost(3000), "/", "Authorization: Bearer " + KEY).close();
  }

  private static ProxyLimits strangers(Duration quietMax, int most, Duration lookEvery) {
    ProxyLimits usual = ProxyLimits.DEFAULT;
    return new ProxyLimits(
        usual.headerLineBytesMax(),
        usual.headersMax(),
        usual.answerQuietMax(),
        usual.tunnelQuietMax(),
        usual.accessRemembered(),
        usual.rememberedMax(),
        usual.activityEvery(),
        usual.activityOnceIn(),
        usual.cookieAge(),
        quietMax,
        most,
        lookEvery);
  }

  private String toolbox(String path) {
    return "/toolbox/" + fixture.closed + path;
  }

  /// A connection that has been answered, and stays open.
  private Socket open(String host, String target, String... headers) throws IOException {
    Socket socket = fixture.connect();
    byte[] head = ProxyFixture.head("GET", host, target, 0, headers);
    String kept = new String(head, ISO_8859_1);
    boolean upgrade = kept.contains("Upgrade: websocket");
    String asked = upgrade ? kept.replace("Connection: close", "Connection: Upgrade") : kept;
    socket.getOutputStream().write(asked.getBytes(ISO_8859_1));
    String answer = readUntil(socket.getInputStream(), target.contains("/socket") ? "]" : "first");
    assertThat(answer).startsWith(upgrade ? "HTTP/1.1 101" : "HTTP/1.1 200");
    return socket;
  }

  /// Fails by the socket's time limit where the connection stays open.
  private static void assertEnds(Socket socket) throws IOException {
    try {
      socket.getInputStream().readAllBytes();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (SocketException _) {
      // Reset, which is an end too.
    }
  }
}
