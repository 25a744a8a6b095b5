package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.RUNNER_KEY;
import static dev.sandlot.proxy.ProxyFixture.head;
import static dev.sandlot.proxy.ProxyFixture.status;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.server.HttpServer;
import dev.sandlot.model.RunnerId;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is different when a runner is on another machine: its key, the way there, and its absence.
class RemoteRunnerTest {
  private static final String BEARER = "Authorization: Bearer " + KEY;

  private final ProxyFixture fixture = new ProxyFixture(ProxyLimits.DEFAULT, true);

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void showsTheToolboxNeitherTheRunnersKeyNorTheClients() throws IOException {
    String seen = call("GET", "/seen?a=%2Fb", "", "X-Daytona-Authorization: Bearer mine");

    assertThat(seen)
        .contains("toolbox of " + fixture.closed + "\nGET /seen?a=%2Fb\n")
        .doesNotContain(RUNNER_KEY)
        .doesNotContain("Bearer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "X-Daytona-Authorization: Bearer wrong",
        "Authorization: Bearer " + RUNNER_KEY
      })
  void refusesWhoeverDoesNotShowTheRunnersKey(String header) throws IOException {
    String toolbox = "/sandboxes/" + fixture.closed + "/toolbox/seen";
    String port = "/sandboxes/" + fixture.closed + "/ports/3000";

    assertThat(status(atRunner(toolbox, header))).isEqualTo(401);
    assertThat(status(atRunner(port, header, "Connection: Upgrade", "Upgrade: tcp")))
        .isEqualTo(401);
    assertThat(status(atRunner(toolbox, header, "Connection: Upgrade", "Upgrade: websocket")))
        .isEqualTo(401);
    assertThat(fixture.gateway.dialled).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/toolbox/seen",
        "/sandboxes/x/toolbox/seen",
        "/sandboxes/11111111-2222-4333-8444-555555555555",
        "/sandboxes/11111111-2222-4333-8444-555555555555/toolbox",
        "/sandboxes/11111111-2222-4333-8444-555555555555/ports/3000",
        "/sandboxes/11111111-2222-4333-8444-555555555555/other/seen"
      })
  void servesNothingElse(String target) throws IOException {
    String answer = atRunner(target, "X-Daytona-Authorization: Bearer " + RUNNER_KEY);

    assertThat(status(answer)).isEqualTo(404);
    assertThat(answer).doesNotContain("toolbox of");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65536", "", "x", "-1", "3000/x"})
  void connectsToPortsOnly(String port) throws IOException {
    String answer =
        atRunner(
            "/sandboxes/" + fixture.closed + "/ports/" + port,
            "X-Daytona-Authorization: Bearer " + RUNNER_KEY,
            "Connection: Upgrade",
            "Upgrade: tcp");

    assertThat(status(answer)).isEqualTo(400);
    assertThat(fixture.gateway.dialled).isEmpty();
  }

  @Test
  void passesAFailureOnAsIfItWereHere() throws IOException {
    String answer = call("GET", "/refused", "");

    assertThat(status(answer)).isEqualTo(416);
    assertThat(answer)
        .contains("Content-Range: bytes */5")
        .contains("\"message\":\"not so far\"")
        .contains("\"code\":\"RANGE\"")
        .contains("\"exitCode\":3")
        .contains("\"source\":\"DAYTONA_DAEMON\"")
        .contains("\"path\":\"/toolbox/" + fixture.closed + "/refused\"")
        .doesNotContain("X-Sandlot-Failure");
  }

  @Test
  void passesEachPieceOfABodyOnAtOnceInBothDirections() throws IOException {
    try (Socket client = fixture.connect()) {
      client
          .getOutputStream()
          .write(
              head(
                  "POST",
                  "localhost",
                  "/toolbox/" + fixture.closed + "/echo",
                  0,
                  BEARER,
                  "Transfer-Encoding: chunked"));
      InputStream in = client.getInputStream();
      for (String piece : new String[] {"one", "two", "six"}) {
        client.getOutputStream().write(("3\r\n" + piece + "\r\n").getBytes(ISO_8859_1));
        readUntil(in, piece);
      }
      client.getOutputStream().write("0\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(readUntil(in, "0\r\n\r\n")).endsWith("0\r\n\r\n");
    }
  }

  @Test
  void carriesALargeBody() throws IOException {
    String body = "x".repeat(5_000_000);

    String answer = call("POST", "/echo", body);

    assertThat(answer).startsWith("HTTP/1.1 200").endsWith("\r\n0\r\n\r\n");
    assertThat(answer.chars().filter(letter -> letter == 'x').count())
        .isGreaterThanOrEqualTo(body.length());
  }

  @Test
  void cutsAnAnswerOffThatTheRunnerBreaksOff() throws IOException {
    String answer = call("GET", "/broken-off", "");

    assertThat(answer).contains("Content-Length: 10").endsWith("half");
  }

  @Test
  void tellsTheRunnerWhenACallerLeaves() throws Exception {
    try (Socket client = fixture.connect()) {
      client
          .getOutputStream()
          .write(head("GET", "localhost", "/toolbox/" + fixture.closed + "/until-left", 0, BEARER));
    }

    assertThat(fixture.gateway.left.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void saysThatARunnerIsNotThere() throws IOException {
    fixture.remote.ifPresent(HttpServer::close);

    String answer = call("POST", "/echo", "body");
    String preview = fixture.get(fixture.host(3000), "/", BEARER);

    assertThat(status(answer)).isEqualTo(503);
    assertThat(answer)
        .contains("the runner of this sandbox cannot be reached")
        .contains("\"source\":\"DAYTONA_PROXY\"");
    assertThat(status(preview)).isEqualTo(503);
    assertThat(preview).contains("the runner of this sandbox cannot be reached");
  }

  @Test
  void saysThatARunnerBrokeOff() throws IOException {
    try (RawServer dying = new RawServer((_, socket) -> socket.close())) {
      at("http://127.0.0.1:" + dying.port());

      String answer = call("POST", "/echo", "body");

      assertThat(status(answer)).isEqualTo(502);
      assertThat(answer).contains("whether the call was carried out is not known");
    }
  }

  @Test
  void saysThatARunnerHasNotSaidWhereItIs() throws IOException {
    fixture.directory.runner = new SandboxDirectory.Runner(fixture.runner, Optional.empty());

    assertThat(call("GET", "/seen", "")).startsWith("HTTP/1.1 503").contains("has not said where");
  }

  @Test
  void sendsNoKeyToARunnerItDoesNotKnow() throws IOException {
    try (RawServer stranger = new RawServer((_, socket) -> socket.close())) {
      fixture.directory.runner =
          new SandboxDirectory.Runner(
              RunnerId.random(), Optional.of(URI.create("http://127.0.0.1:" + stranger.port())));

      assertThat(call("GET", "/seen", "")).startsWith("HTTP/1.1 503").contains("no key");
      assertThat(stranger.heads).isEmpty();
    }
  }

  @Test
  void speaksTlsWhereTheAddressSaysSo() throws IOException {
    try (RawServer plain = new RawServer((_, socket) -> socket.close())) {
      at("https://localhost:" + plain.port());

      assertThat(call("GET", "/seen", "")).startsWith("HTTP/1.1 503");
    }
  }

  private void at(String address) {
    fixture.directory.runner =
        new SandboxDirectory.Runner(fixture.runner, Optional.of(URI.create(address)));
    fixture.directory.changed();
  }

  private String call(String method, String target, String body, String... headers)
      throws IOException {
    String[] all = Arrays.copyOf(headers, headers.length + 1);
    all[headers.length] = BEARER;
    return fixture.send(method, "localhost", "/toolbox/" + fixture.closed + target, body, all);
  }

  private String atRunner(String target, String... headers) throws IOException {
    StringBuilder text = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: runner\r\n");
    for (String header : headers) {
      text.append(header).append(header.isEmpty() ? "" : "\r\n");
    }
    boolean upgrade = text.indexOf("Upgrade") >= 0;
    text.append(upgrade ? "\r\n" : "Connection: close\r\n\r\n");
    try (Socket socket = new Socket("127.0.0.1", fixture.remote.orElseThrow().port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(text.toString().getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private static String readUntil(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int value = in.read();
      assertThat(value).as("ended after: %s", text).isNotNegative();
      text.append((char) value);
    }
    return text.toString();
  }
}
