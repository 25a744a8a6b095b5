package dev.sandlot.http.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.Upgrades;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// What could be read in two ways, sent to a server with another request right behind it: nobody
/// may be served the second one, whatever a proxy in front took it for.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestSmugglingTest {
  private static final String SECOND = "GET /second HTTP/1.1\r\nHost: x\r\n\r\n";

  private final Queue<String> served = new ConcurrentLinkedQueue<>();
  private HttpServer server;

  @BeforeAll
  void start() {
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            this::serve,
            (_, failure) -> Map.of("message", failure.sentence()),
            Upgrades.NONE);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private void serve(Exchange exchange) {
    served.add(exchange.rawPath());
    exchange.admit(false);
    if (!exchange.rawPath().equals("/unread")) {
      exchange.bodyBytes(1 << 16);
    }
    exchange.sendText("served " + exchange.rawPath() + ".");
  }

  @TestFactory
  Stream<DynamicTest> refusesWithOneAnswerAndEnds() {
    return RequestFramingTest.IN_TWO_WAYS.stream()
        .map(sent ->
            DynamicTest.dynamicTest(
                RequestFramingTest.visible(sent),
                () -> {
                  String answer = answered(sent + SECOND);
                  assertThat(answer).matches("(?s)HTTP/1\\.1 (4..|505) .*");
                  assertThat(answer.split("HTTP/1\\.1 ", -1)).hasSize(2);
                  assertThat(served).doesNotContain("/second");
                }));
  }

  @TestFactory
  Stream<DynamicTest> readsNothingBehindABodyThatNobodyWanted() {
    return RequestFramingTest.IN_TWO_WAYS.stream()
        .filter(sent -> sent.startsWith("POST / "))
        .map(sent -> sent.replaceFirst("POST / ", "POST /unread "))
        .map(sent ->
            DynamicTest.dynamicTest(
                RequestFramingTest.visible(sent),
                () -> {
                  String answer = answered(sent + SECOND);
                  assertThat(answer.split("HTTP/1\\.1 ", -1)).hasSize(2);
                  assertThat(served).doesNotContain("/second");
                }));
  }

  @Test
  void servesTheSecondWhereTheFirstIsSound() throws IOException {
    String first = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    String behind = "GET /behind HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assertThat(answered(first + "0\r\n\r\n" + behind)).contains("served /.", "served /behind.");
  }

  /// A target that names another host than the header is nobody's.
  @Test
  void takesNoHostFromTheTarget() throws IOException {
    for (String target : List.of("http://y/", "http://y", "//y/", "y:443", "x@y/")) {
      String sent = "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      assertThat(answered(sent)).as(target).doesNotContain("served /.");
    }
  }

  private String answered(String sent) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(sent.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }
}
