package dev.sandlot.http.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationTable;
import dev.sandlot.http.PathPattern;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.testing.Waiting;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the platform needs of its HTTP server, over a real socket (docs/adr/0001).
class HttpServerTest {
  private static final String UPGRADE =
      "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://anywhere.example\r\n";

  private final CountDownLatch waiting = new CountDownLatch(1);
  private final CountDownLatch left = new CountDownLatch(1);
  private HttpServer server;
  private OperationTable<String> operations;

  @BeforeEach
  void start() {
    operations =
        new OperationTable<>(
            List.of(
                operation(
                    "GET",
                    "/names/{name}",
                    exchange -> exchange.sendText(exchange.pathParameter("name"))),
                operation("GET", "/names/fixed", exchange -> exchange.sendText("the fixed one")),
                operation("POST", "/echo", this::echo),
                operation("DELETE", "/echo", this::echo),
                operation("GET", "/query", exchange -> exchange.sendJson(exchange.queryAll("q"))),
                operation(
                    "GET",
                    "/broken",
                    _ -> {
                      throw new IllegalStateException("secret detail");
                    }),
                operation("DELETE", "/kept", HttpServerTest::refuseAfterNoContent),
                operation("GET", "/cut", this::cutOff),
                operation("GET", "/wait", this::waitForClient)));
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            this::dispatch,
            (_, failure) -> Map.of("statusCode", failure.status(), "message", failure.sentence()),
            this::tunnel);
  }

  private static Operation<String> operation(String method, String path, Endpoint endpoint) {
    return new Operation<>(method + path, method, new PathPattern(path), 200, "anyone", endpoint);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void dispatch(Exchange exchange) throws Exception {
    if (exchange.header("Authorization").orElse("").equals("Bearer wrong")) {
      throw HttpFailure.unauthorized("the key is not known");
    }
    OperationTable.Match<String> match =
        operations
            .find(exchange.method(), exchange.rawPath())
            .orElseThrow(() -> HttpFailure.notFound("there is nothing at " + exchange.rawPath()));
    match.leaveWith(exchange);
    match.operation().endpoint().serve(exchange);
  }

  private void echo(Exchange exchange) throws Exception {
    exchange.responseHeader("Content-Type", "application/octet-stream");
    try (OutputStream out = exchange.outputStream()) {
      exchange.body().transferTo(out);
    }
  }

  private static void refuseAfterNoContent(Exchange exchange) {
    exchange.status(204);
    throw HttpFailure.notFound("it is kept");
  }

  private void cutOff(Exchange exchange) throws Exception {
    OutputStream out = exchange.outputStream();
    out.write("the beginning".getBytes(UTF_8));
    out.flush();
    exchange.abort();
  }

  private Optional<Tunnel> tunnel(UpgradeRequest request) {
    if (!request.rawTarget().startsWith("/tunnel") || request.header("authorization").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of((in, out) -> {
      out.write(
          ("HTTP/1.1 101 Switching Protocols\r\n\r\n" + request.rawTarget() + "\n")
              .getBytes(ISO_8859_1));
      in.transferTo(out);
    });
  }

  @Test
  void holdsNoMoreOfAChunkThanItMay() throws Exception {
    for (String path : List.of("/nothing", "/echo")) {
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        OutputStream out = socket.getOutputStream();
        out.write(
            ("POST "
                    + path
                    + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n")
                .getBytes(ISO_8859_1));
        assertThatThrownBy(
                () -> {
                  for (int sent = 0; sent < 64 << 20; sent += 1 << 20) {
                    out.write(new byte[1 << 20]);
                  }
                })
            .as(path)
            .isInstanceOf(SocketException.class);
      }
    }
    assertThat(raw("GET /names/well HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .endsWith("well");
  }

  @Test
  void keepsAnEncodedSlashInAParameter() throws Exception {
    assertThat(raw("GET /names/a%2Fb%20c+d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .endsWith("a/b c+d");
  }

  @Test
  void prefersTheStaticPath() throws Exception {
    assertThat(raw("GET /names/fixed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .endsWith("the fixed one");
  }

  @Test
  void tunnelsUpgradesFromAnyOriginWithTheTargetUntouched() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket
          .getOutputStream()
          .write(
              ("GET /tunnel/%2F%41?x=%20+ HTTP/1.1\r\n" + UPGRADE + "Authorization: y\r\n\r\nearly")
                  .getBytes(UTF_8));
      socket.setSoTimeout(10_000);
      InputStream in = socket.getInputStream();
      assertThat(new String(in.readNBytes(63), UTF_8))
          .contains("101")
          .contains("/tunnel/%2F%41?x=%20+\n");
      socket.getOutputStream().write(new byte[] {0, -1, 10});
      socket.shutdownOutput();
      assertThat(in.readAllBytes()).endsWith(0, -1, 10);
    }
  }

  @Test
  void refusesAnUpgradeWithStatusAndBody() throws Exception {
    String wrong =
        raw("GET /tunnel HTTP/1.1\r\n" + UPGRADE + "Authorization: Bearer wrong\r\n\r\n");
    assertThat(wrong).startsWith("HTTP/1.1 101"); // the tunnel above only asks for any credential
    String missing = raw("GET /tunnel HTTP/1.1\r\n" + UPGRADE + "\r\n");
    assertThat(missing).startsWith("HTTP/1.1 404").contains("there is nothing at /tunnel");
    String refused =
        raw("GET /other HTTP/1.1\r\n" + UPGRADE + "Authorization: Bearer wrong\r\n\r\n");
    assertThat(refused).startsWith("HTTP/1.1 401").contains("the key is not known");
  }

  @Test
  void answersAFailureWithItsBodyWhereSuccessHasNone() throws Exception {
    String refused = raw("DELETE /kept HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    assertThat(refused).startsWith("HTTP/1.1 404").contains("it is kept");
  }

  @Test
  void keepsTheBodyOfADelete() throws Exception {
    assertThat(
            raw(
                "DELETE /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"))
        .contains("body");
  }

  @Test
  void takesChunkedBodiesWithoutALength() throws Exception {
    assertThat(
            raw(
                "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
        .contains("abc");
  }

  @Test
  void readsRepeatedAndBracketedQueryValues() throws Exception {
    assertThat(raw("GET /query?q=a&q=b&q[]=c%20d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .contains("[\"a\",\"b\",\"c d\"]");
  }

  @Test
  void tellsNothingOfAnUnexpectedFault() throws Exception {
    HttpResponse<String> answer = get("/broken");
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).doesNotContain("secret").contains("reference");
  }

  @Test
  void showsThatAnAnswerWasCutOff() throws Exception {
    String answer = raw("GET /cut HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertThat(answer).contains("the beginning").doesNotContain("\r\n0\r\n");
  }

  @Test
  void answersARefusedUploadBeforeTheConnectionEnds() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/nowhere"))
              .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[8 << 20]))
              .build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body()).contains("there is nothing at /nowhere");
    }
  }

  @Test
  void refusesAnUploadThatWaitsForLeaveBeforeItIsSent() throws Exception {
    String answer =
        raw(
            "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 404").contains("there is nothing at /nowhere");
    String taken =
        raw(
            "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n"
                + "Expect: 100-continue\r\n\r\nabc");
    assertThat(taken).startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200").contains("abc");
  }

  private HttpResponse<String> get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private String raw(String request) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(UTF_8));
      if (request.contains("Upgrade: websocket")) {
        socket.shutdownOutput();
      }
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @Test
  void noticesAClientThatLeavesBeforeTheAnswer() throws Exception {
    try (Socket socket = new Socket("localhost", server.port())) {
      socket.getOutputStream().write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(left.getCount()).isEqualTo(1);
    }
    assertThat(left.await(60, TimeUnit.SECONDS)).isTrue();
  }

  private void waitForClient(Exchange exchange) throws Exception {
    if (exchange.clientGone()) {
      left.countDown(); // too early
    }
    waiting.countDown();
    Waiting.eventually("the client has left", exchange::clientGone);
    left.countDown();
    exchange.abort();
  }
}
