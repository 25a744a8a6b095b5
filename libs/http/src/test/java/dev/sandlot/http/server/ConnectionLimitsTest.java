package dev.sandlot.http.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Upgrades;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a client may take before anybody knows who it is.
class ConnectionLimitsTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String KEY = "Authorization: Bearer right\r\n";

  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicLong read = new AtomicLong();
  private final List<Socket> sockets = new ArrayList<>();
  private ConnectionLimits limits =
      new ConnectionLimits(20, 500, 4, 64 * 1024, 1024, 100_000, LONG, LONG, 64 * 1024, LONG, LONG);
  private HttpServer server;

  @BeforeEach
  void start() {
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0, limits),
            this::serve,
            (_, failure) -> Map.of("message", failure.sentence()),
            Upgrades.NONE);
  }

  private void restart(ConnectionLimits with) {
    server.close();
    limits = with;
    start();
  }

  @AfterEach
  void stop() throws IOException {
    over.countDown();
    for (Socket socket : sockets) {
      socket.close();
    }
    server.close();
  }

  /// Lets in whoever has the key, and counts what it reads.
  private void serve(Exchange exchange) throws Exception {
    boolean known = exchange.header("Authorization").orElse("").equals("Bearer right");
    if (known || exchange.rawPath().equals("/open")) {
      exchange.admit(known);
    }
    if (exchange.rawPath().equals("/refuse")) {
      throw HttpFailure.unauthorized("the key is not known");
    }
    byte[] buffer = new byte[8192];
    for (int count = 0; count >= 0; count = exchange.body().read(buffer)) {
      read.addAndGet(count);
    }
    if (exchange.rawPath().equals("/open")) {
      OutputStream out = exchange.outputStream();
      out.write("begun".getBytes(ISO_8859_1));
      out.flush();
      over.await();
      out.close();
    } else {
      exchange.sendText("read " + read);
    }
  }

  @Test
  void endsAHeadThatComesTooSlowly() throws Exception {
    restart(with(SHORT, LONG, LONG, LONG));
    Socket slow = connect("GET / HTTP/1.1\r\nHost: x\r\n");
    Thread.ofVirtual().start(() -> trickle(slow, "X: y\r\n"));
    assertEnds(slow);
  }

  @Test
  void endsALineThatComesTooSlowly() throws Exception {
    restart(with(SHORT, LONG, LONG, LONG));
    Socket slow = connect("GET /");
    Thread.ofVirtual().start(() -> trickle(slow, "a"));
    assertEnds(slow);
  }

  @Test
  void endsAConnectionThatSaysNothing() throws Exception {
    restart(with(LONG, SHORT, LONG, LONG));
    assertEnds(connect(""));
    Socket served = connect("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(new String(served.getInputStream().readAllBytes(), ISO_8859_1)).endsWith("read 0");
  }

  @Test
  void endsAStrangersBodyThatComesTooSlowlyThoughItMoves() throws Exception {
    restart(with(LONG, LONG, SHORT, LONG));
    Socket slow = connect("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n");
    Thread.ofVirtual().start(() -> trickle(slow, "a"));
    assertEnds(slow);
    Socket known = connect(post(KEY, 3) + "a");
    Waiting.pass(SHORT.multipliedBy(3)); // longer than a stranger may take
    known.getOutputStream().write("bc".getBytes(ISO_8859_1));
    assertThat(answer(known)).contains("200 OK").contains("read ");
  }

  @Test
  void endsABodyOfSomebodyKnownWhenNothingMoves() throws Exception {
    restart(with(LONG, LONG, LONG, SHORT));
    assertEnds(connect(post(KEY, 10_000) + "a"));
  }

  @Test
  void readsSoMuchOfAStrangersBodyAndNoMore() throws Exception {
    for (String path : List.of("/", "/refuse")) {
      read.set(0);
      Socket stranger = connect(post("", 50 << 20).replace("POST / ", "POST " + path + " "));
      Thread.ofVirtual().start(() -> pour(stranger, 50));
      assertThat(answer(stranger)).startsWith(path.equals("/") ? "HTTP/1.1 413" : "HTTP/1.1 401");
      assertThat(read.get()).isLessThanOrEqualTo(64 * 1024);
      assertEnds(stranger);
    }
  }

  @Test
  void readsAllOfABodyOfSomebodyKnown() throws Exception {
    Socket known = connect(post(KEY, 5 << 20));
    Thread.ofVirtual().start(() -> pour(known, 5));
    assertThat(answer(known)).endsWith("read " + (5 << 20));
  }

  @Test
  void gathersNoChunkWhateverSizeItAnnounces() throws Exception {
    String head = "POST / HTTP/1.1\r\nHost: x\r\n" + KEY + "Transfer-Encoding: chunked\r\n\r\n";
    Socket known = connect(head + "7ffffff0\r\n");
    pour(known, 4);
    // All of it is handed on, though the chunk has hardly begun.
    Waiting.eventually("all of it has been read", () -> read.get() == 4 << 20);
  }

  @Test
  void theOldestStrangerGoesForANewOneAndWhoeverIsKnownStays() throws Exception {
    Socket known = connect("GET / HTTP/1.1\r\nHost: x\r\n" + KEY + "\r\n");
    assertThat(answer(known)).endsWith("read 0");
    Socket served = connect("GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(readUntil(served, "begun\r\n")).contains("200 OK");
    List<Socket> strangers = new ArrayList<>();
    for (int count = 0; count < 6; count++) {
      strangers.add(connect("GET / HTTP"));
      await(known);
    }
    assertEnds(strangers.get(0));
    assertEnds(strangers.get(1));
    strangers.getLast().getOutputStream().write("/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
    assertThat(answer(strangers.getLast())).endsWith("read 0");
    known.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
    assertThat(answer(known)).endsWith("read 0");
    served.setSoTimeout(300); // for so long nothing comes, its end neither
    assertThatCode(() -> served.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void takesNoMoreConnectionsThanItMayThoughAllAreKnown() throws Exception {
    List<Socket> known = new ArrayList<>();
    for (int count = 0; count < 20; count++) {
      known.add(connect("GET / HTTP/1.1\r\nHost: x\r\n" + KEY + "\r\n"));
      assertThat(answer(known.getLast())).endsWith("read 0");
    }
    assertEnds(connect(""));
    known.getFirst().close();
    Waiting.eventually(
        "a place is given back",
        () -> {
          Socket next = connect("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
          return answerOrNothing(next).endsWith("read 0");
        });
  }

  @Test
  void unfinishedHeadsShareWhatTheyHold() throws Exception {
    List<Socket> heads = new ArrayList<>();
    for (int count = 0; count < 3; count++) {
      heads.add(connect("GET /" + "a".repeat(40_000)));
    }
    // Two hold 80,000 bytes of the 100,000; the one that comes last is refused.
    Socket last = Waiting.found("one is refused", () -> answered(heads));
    assertThat(readUntil(last, "}"))
        .startsWith("HTTP/1.1 503")
        .contains("too many large heads at the moment");
    heads.remove(last);
    for (Socket held : heads) {
      held.getOutputStream().write(" HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(answer(held)).endsWith("read 0");
    }
    Socket next = connect("GET /" + "a".repeat(40_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(answer(next)).endsWith("read 0");
  }

  private static Optional<Socket> answered(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      if (socket.getInputStream().available() > 0) {
        return Optional.of(socket);
      }
    }
    return Optional.empty();
  }

  private static ConnectionLimits with(
      Duration head, Duration idle, Duration stranger, Duration quiet) {
    return new ConnectionLimits(
        20, 500, 20, 64 * 1024, 1024, 100_000, head, idle, 64 * 1024, stranger, quiet);
  }

  private static String post(String header, long length) {
    return "POST / HTTP/1.1\r\nHost: x\r\n" + header + "Content-Length: " + length + "\r\n\r\n";
  }

  private Socket connect(String beginning) throws IOException {
    Socket socket = new Socket("127.0.0.1", server.port());
    sockets.add(socket);
    socket.setSoTimeout(20_000);
    socket.getOutputStream().write(beginning.getBytes(ISO_8859_1));
    return socket;
  }

  /// Until the server has taken a connection: it answers another one's request after it.
  private void await(Socket known) throws IOException {
    known.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
    assertThat(answer(known)).endsWith("read 0");
  }

  private static void trickle(Socket socket, String piece) {
    try {
      for (int count = 0; count < 1_000; count++) {
        socket.getOutputStream().write(piece.getBytes(ISO_8859_1));
        Waiting.pass(Duration.ofMillis(20)); // its pace
      }
    } catch (IOException | InterruptedException _) {
      // It has ended, as it should.
    }
  }

  private static void pour(Socket socket, int mebibytes) {
    try {
      for (int count = 0; count < mebibytes; count++) {
        socket.getOutputStream().write(new byte[1 << 20]);
      }
    } catch (IOException _) {
      // It has ended.
    }
  }

  /// An answer with a length, body included.
  private static String answer(Socket socket) throws IOException {
    String head = readUntil(socket, "\r\n\r\n");
    int at = head.toLowerCase(Locale.ROOT).indexOf("content-length: ");
    int length = Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
    return head + new String(socket.getInputStream().readNBytes(length), ISO_8859_1);
  }

  private static String answerOrNothing(Socket socket) {
    try {
      return answer(socket);
    } catch (IOException _) {
      return "";
    }
  }

  private static String readUntil(Socket socket, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (!text.toString().endsWith(end)) {
      int octet = socket.getInputStream().read();
      if (octet < 0) {
        throw new IOException("ended after: " + text);
      }
      text.append((char) octet);
    }
    return text.toString();
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
