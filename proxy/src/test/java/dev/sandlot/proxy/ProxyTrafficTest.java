package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.TOKEN;
import static dev.sandlot.proxy.ProxyFixture.head;
import static dev.sandlot.proxy.ProxyFixture.status;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.proxy.access.Port;
import dev.sandlot.proxy.access.PreviewCookie;
import dev.sandlot.proxy.access.ProxyConfig;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What goes to a server inside a sandbox and what comes back.
class ProxyTrafficTest {
  private static final String BEARER = "Authorization: Bearer " + KEY;
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

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

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"})
  void passesMethodsAndBodies(String method) throws IOException {
    try (RawServer inside =
        at(
            3000,
            (head, socket) -> {
              int length = length(head);
              byte[] body = socket.getInputStream().readNBytes(length);
              write(
                  socket,
                  "HTTP/1.1 201 Created\r\nX-Mine: 1\r\nContent-Length: "
                      + length
                      + "\r\n\r\n"
                      + new String(body, ISO_8859_1));
            })) {
      String answer = fixture.send(method, fixture.host(3000), "/x", "hello", BEARER);
      assertThat(status(answer)).isEqualTo(201);
      assertThat(answer).containsPattern("(?i)x-mine: 1").endsWith("\r\n\r\nhello");
      assertThat(inside.lastHead()).startsWith(method + " /x HTTP/1.1\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a%2Fb/%20c?z=1&a=%2B+&z=2",
        "//two//slashes",
        "/a/../b/./c",
        "/%41%zz?%",
        "/;p=1?a;b",
        "/?",
        "/x?y?z#"
      })
  void leavesTheTargetAsItIs(String target) throws IOException {
    try (RawServer inside = at(3000, (_, socket) -> write(socket, OK))) {
      fixture.get(fixture.host(3000), target, BEARER);
      String sent = target.equals("/?") ? "/" : target.replace("#", "");
      assertThat(inside.lastHead()).startsWith("GET " + sent + " HTTP/1.1\r\n");
    }
  }

  @Test
  void takesOnlyTheTokenFromTheQuery() throws IOException {
    try (RawServer inside = at(3000, (_, socket) -> write(socket, OK))) {
      fixture.get(fixture.host(3000), "/?b=2&DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN + "&a=%2F&b=1&&");
      assertThat(inside.lastHead()).startsWith("GET /?b=2&a=%2F&b=1&& HTTP/1.1\r\n");
      fixture.get(fixture.host(3000), "/?DAYTONA%5FSANDBOX%5fAUTH_KEY=" + TOKEN);
      assertThat(inside.lastHead()).startsWith("GET / HTTP/1.1\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "websocket", "events"})
  void showsTheServerInsideNoCredential(String kind) throws IOException {
    String answerHead =
        switch (kind) {
          case "websocket" ->
              "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
          case "events" -> "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n";
          default -> OK;
        };
    try (RawServer inside = at(3000, (_, socket) -> write(socket, answerHead))) {
      String cookie =
          new PreviewCookie(
                  new ProxyConfig("x", Set.of(), false, new byte[32], ProxyLimits.DEFAULT),
                  Clock.systemUTC())
              .issue(new Port(3000), fixture.closed, TOKEN)
              .split(";", -1)[0];
      String answer =
          fixture.get(
              fixture.host(3000),
              "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN,
              kind.equals("websocket")
                  ? "Connection: Upgrade\r\nUpgrade: websocket"
                  : "Accept: */*",
              BEARER,
              "X-Daytona-Preview-Token: " + TOKEN,
              "Cookie: " + cookie + "; mine=1",
              "Referer: http://" + fixture.host(3000) + "/p?q=1&DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN,
              "X-Daytona-Organization-ID: o",
              "X-Daytona-Authorization: Bearer " + KEY,
              "X-Daytona-Skip-Preview-Warning: true",
              "Proxy-Authorization: Basic " + KEY,
              "X-Forwarded-For: 6.6.6.6",
              "X-Forwarded-Host: evil.example",
              "Forwarded: for=6.6.6.6",
              "X-Own: kept");
      assertThat(status(answer)).isEqualTo(kind.equals("websocket") ? 101 : 200);
      assertThat(inside.lastHead())
          .contains("X-Own: kept")
          .containsPattern("(?i)cookie: mine=1\r\n")
          .containsPattern("(?i)referer: http://[^ ]*/p\\?q=1\r\n")
          .contains("X-Forwarded-Host: " + fixture.host(3000) + "\r\n")
          .contains("X-Forwarded-Proto: http\r\n")
          .contains("X-Forwarded-For: 127.0.0.1\r\n")
          .doesNotContain(KEY)
          .doesNotContain(TOKEN)
          .doesNotContain("daytona-sandbox-auth")
          .doesNotContain("6.6.6.6")
          .doesNotContain("evil.example")
          .doesNotContainPattern("(?i)x-daytona");
    }
  }

  @Test
  void leavesAnApplicationItsOwnAuthorization() throws IOException {
    try (RawServer inside = at(3000, (_, socket) -> write(socket, OK))) {
      fixture.get(fixture.publicHost(3000), "/", "Authorization: Basic YTpi");
      assertThat(inside.lastHead()).contains("Authorization: Basic YTpi");
      fixture.get(
          fixture.host(3000),
          "/",
          "Authorization: Bearer app",
          "X-Daytona-Preview-Token: " + TOKEN);
      assertThat(inside.lastHead()).contains("Authorization: Bearer app");
      fixture.get(fixture.publicHost(3000), "/", "Authorization: Bearer dtn_revoked");
      assertThat(inside.lastHead()).doesNotContain("dtn_revoked");
      fixture.get(fixture.publicHost(3000), "/", "Authorization: Bearer " + ProxyFixture.OTHER_KEY);
      assertThat(inside.lastHead()).doesNotContainPattern("(?i)authorization");
    }
  }

  @Test
  void deliversEventsBeforeTheAnswerEnds() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    try (RawServer inside =
            at(
                3000,
                (_, socket) -> {
                  write(
                      socket,
                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
                  assertThat(seen.await(15, TimeUnit.SECONDS)).isTrue();
                  write(socket, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
                });
        Socket client = fixture.connect()) {
      client.getOutputStream().write(head("GET", fixture.host(3000), "/", 0, BEARER));
      assertThat(readUntil(client.getInputStream(), "data: 1\n\n")).contains("text/event-stream");
      seen.countDown();
      assertThat(new String(client.getInputStream().readAllBytes(), ISO_8859_1))
          .contains("data: 2\n\n")
          .endsWith("0\r\n\r\n");
      assertThat(inside.heads).hasSize(1);
    }
  }

  @Test
  void passesAnUploadOfUnknownLength() throws IOException {
    try (RawServer inside =
            at(
                3000,
                (_, socket) -> {
                  readUntil(socket.getInputStream(), "0\r\n\r\n");
                  write(socket, OK);
                });
        Socket client = fixture.connect()) {
      client
          .getOutputStream()
          .write(head("POST", fixture.host(3000), "/", 0, BEARER, "Transfer-Encoding: chunked"));
      client.getOutputStream().write("3\r\nabc\r\n0\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(new String(client.getInputStream().readAllBytes(), ISO_8859_1)).endsWith("ok");
      assertThat(inside.lastHead())
          .containsPattern("(?i)transfer-encoding: chunked")
          .doesNotContainPattern("(?i)content-length");
    }
  }

  @Test
  void bringsAnAnswerThatComesBeforeTheUploadsEnd() throws IOException {
    try (RawServer inside =
            at(
                3000,
                (_, socket) -> {
                  write(socket, "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge");
                  socket.getInputStream().readNBytes(1000);
                });
        Socket client = fixture.connect()) {
      client.getOutputStream().write(head("POST", fixture.host(3000), "/", 8 << 20, BEARER));
      client.getOutputStream().write(new byte[8 << 20]);
      assertThat(new String(client.getInputStream().readAllBytes(), ISO_8859_1))
          .startsWith("HTTP/1.1 413")
          .endsWith("large");
      assertThat(inside.heads).hasSize(1);
    }
  }

  @Test
  void servesSeveralRequestsOnOneConnection() throws IOException {
    try (RawServer inside = at(3000, (_, socket) -> write(socket, OK));
        Socket client = fixture.connect()) {
      for (int round = 0; round < 3; round++) {
        String request =
            new String(head("GET", fixture.host(3000), "/" + round, 0, BEARER), ISO_8859_1);
        client
            .getOutputStream()
            .write(request.replace("Connection: close\r\n", "").getBytes(ISO_8859_1));
        assertThat(readUntil(client.getInputStream(), "\r\n\r\nok")).startsWith("HTTP/1.1 200");
      }
      assertThat(inside.heads).hasSize(3);
    }
  }

  @Test
  void keepsAnswersWithoutABody() throws IOException {
    try (RawServer _ =
        at(
            3000,
            (head, socket) ->
                write(
                    socket,
                    head.startsWith("HEAD")
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
                        : "HTTP/1.1 "
                            + head.substring(5, 8)
                            + " X\r\nETag: \"e\"\r\nContent-Length: 0\r\n\r\n"))) {
      String toHead = fixture.send("HEAD", fixture.host(3000), "/", "", BEARER);
      assertThat(toHead).containsPattern("(?i)content-length: 1234\r\n").endsWith("\r\n\r\n");
      for (String status : new String[] {"204", "304", "404", "500"}) {
        String answer = fixture.get(fixture.host(3000), "/" + status, BEARER);
        assertThat(answer).startsWith("HTTP/1.1 " + status).endsWith("\r\n\r\n");
        assertThat(answer).containsPattern("(?i)etag: \"e\"");
      }
    }
  }

  @Test
  void skipsInterimAnswersAndHeadersOfOneConnection() throws IOException {
    try (RawServer inside =
        at(
            3000,
            (_, socket) ->
                write(
                    socket,
                    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                        + "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
                        + "Set-Cookie: a=1; Domain=proxy.localhost; Path=/\r\nSet-Cookie: b=2\r\n"
                        + "Set-Cookie: daytona-sandbox-auth-x=evil\r\n\r\nuntil the end"))) {
      String answer =
          fixture.get(
              fixture.host(3000), "/", BEARER, "Connection: X-Gone", "X-Gone: 1", "TE: trailers");
      assertThat(answer)
          .contains("until the end")
          .containsPattern("(?i)set-cookie: a=1; Path=/\r\n")
          .containsPattern("(?i)set-cookie: b=2\r\n")
          .doesNotContain("103")
          .doesNotContain("evil")
          .doesNotContainPattern("(?i)x-hop|keep-alive: 5");
      assertThat(inside.lastHead()).doesNotContainPattern("(?i)x-gone|\r\nte:");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not http at all\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBroken\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\u0001b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX Y: a\r\n\r\n",
        "HTTP/1.1 999 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "LONG"
      })
  void refusesAnswersThatAreNotHttp(String said) throws IOException {
    String bytes =
        said.equals("LONG") ? "HTTP/1.1 200 OK\r\nX: " + "y".repeat(100_000) + "\r\n\r\n" : said;
    try (RawServer _ = at(3000, (_, socket) -> write(socket, bytes))) {
      String answer = fixture.get(fixture.host(3000), "/", BEARER);
      assertThat(status(answer)).isEqualTo(502);
      assertThat(answer).contains("port 3000").contains("\"code\":\"BAD_GATEWAY\"");
    }
  }

  @Test
  void showsThatAnAnswerWasCutOff() throws IOException {
    try (RawServer _ =
        at(
            3000,
            (_, socket) ->
                write(
                    socket,
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"))) {
      assertThat(fixture.get(fixture.host(3000), "/", BEARER))
          .contains("begin")
          .doesNotContain("\r\n0\r\n");
    }
  }

  @Test
  void endsNoExchangeForHeaderBytesAboveAscii() throws IOException {
    try (RawServer _ =
        at(
            3000,
            (_, socket) ->
                write(
                    socket, "HTTP/1.1 200 OK\r\nX-N: caf\u00e9\r\nContent-Length: 2\r\n\r\nok"))) {
      assertThat(fixture.get(fixture.host(3000), "/", BEARER, "X-N: caf\u00e9"))
          .startsWith("HTTP/1.1 200")
          .endsWith("ok");
    }
  }

  @Test
  void asksForTheBodyOnlyWhenItIsWanted() throws IOException {
    try (RawServer inside =
        at(
            3000,
            (_, socket) -> {
              socket.getInputStream().readNBytes(3);
              write(socket, OK);
            })) {
      assertThat(
              fixture.send("POST", fixture.host(3000), "/", "abc", BEARER, "Expect: 100-continue"))
          .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
          .endsWith("ok");
      assertThat(inside.lastHead()).doesNotContainPattern("(?i)expect");
      assertThat(fixture.send("POST", fixture.host(3000), "/", "abc", "Expect: 100-continue"))
          .contains("HTTP/1.1 401");
    }
  }

  @Test
  void givesUpOnAServerThatNeverAnswers() throws Exception {
    try (ProxyFixture quick =
            new ProxyFixture(ProxyFixture.limits(Duration.ofMillis(300)), remote());
        RawServer inside = new RawServer((_, socket) -> socket.getInputStream().read())) {
      quick.gateway.ports.put(3000, inside.port());
      assertThat(status(quick.get(quick.host(3000), "/", BEARER))).isEqualTo(504);
    }
  }

  @Test
  void countsAConnectionThatLastsAgainAndAgain() throws Exception {
    try (ProxyFixture quick =
            new ProxyFixture(ProxyFixture.limits(Duration.ofSeconds(20)), remote());
        RawServer inside =
            new RawServer((_, socket) -> {
              write(socket, "HTTP/1.1 200 OK\r\n\r\n");
              Waiting.eventually("counted thrice", () -> quick.directory.activity.size() >= 3);
              write(socket, "over");
            })) {
      quick.gateway.ports.put(3000, inside.port());
      assertThat(quick.get(quick.host(3000), "/", BEARER)).contains("over");
      Waiting.standsStill("the count", Duration.ofMillis(300), quick.directory.activity::size);
    }
  }

  @Test
  void refusesRequestsThatTwoParsersCouldReadInTwoWays() throws IOException {
    try (RawServer inside = at(3000, (_, socket) -> write(socket, OK))) {
      for (String odd :
          new String[] {
            "X: a\u0001b",
            "X: a\nInjected: b",
            "Content-Length: 3\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip",
            "X Y: z"
          }) {
        String answer = fixture.get(fixture.host(3000), "/", BEARER, odd);
        assertThat(status(answer)).as(odd).isEqualTo(400);
      }
      assertThat(inside.heads).isEmpty();
    }
  }

  private RawServer at(int port, RawServer.Conversation conversation) throws IOException {
    RawServer server = new RawServer(conversation);
    fixture.gateway.ports.put(port, server.port());
    return server;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static int length(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
        .findFirst()
        .orElse(0);
  }

  static String readUntil(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int value = in.read();
      if (value < 0) {
        throw new IOException("ended before " + end + ": " + text);
      }
      text.append((char) value);
    }
    return text.toString();
  }
}
