package dev.sandlot.http.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.http.server.RequestSyntax.Malformed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// That a connection's bytes are cut into requests in one way only.
class RequestFramingTest {
  private static final int HEAD_BYTES_MAX = 1024;
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: x\r\n";
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

  /// What two readers could take for two requests, or for two different ones.
  static final List<String> IN_TWO_WAYS =
      List.of(
          // A length and chunks: one reader takes the one, another the other.
          POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
          POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /",
          POST + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          // Lengths that are read in several ways.
          POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
          POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
          POST + "Content-Length: 5, 5\r\n\r\nhello",
          POST + "Content-Length: +5\r\n\r\nhello",
          POST + "Content-Length: -5\r\n\r\nhello",
          POST + "Content-Length: 0x5\r\n\r\nhello",
          POST + "Content-Length: 5 5\r\n\r\nhello",
          POST + "Content-Length:\r\n\r\nhello",
          POST + "Content-Length: 9999999999999999999\r\n\r\nhello",
          POST + "Content-Length: \u00b2\r\n\r\nhello",
          // Codings that some understand and some do not.
          POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding: identity\r\n\r\n",
          POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding: chunked\u00a0\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding:\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
          POST + "Transfer-Encoding\u0000: chunked\r\n\r\n0\r\n\r\n",
          // Ends of lines.
          "GET / HTTP/1.1\nHost: x\n\n",
          "GET / HTTP/1.1\r\nHost: x\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
          "GET / HTTP/1.1\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n",
          GET + "A: b\n\nGET /second HTTP/1.1\r\n\r\n",
          // Folded lines.
          POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
          POST + "A: b\r\n\tContent-Length: 5\r\n\r\nhello",
          "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
          // Names and lines that are none.
          GET + "no colon\r\n\r\n",
          GET + ": no name\r\n\r\n",
          GET + "Content Length: 5\r\n\r\nhello",
          GET + "N\u00e4me: x\r\n\r\n",
          GET + "A: \u0000\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: \u00e4\r\n\r\n",
          "\r\n\r\n",
          "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET  / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1 \r\n\r\n",
          "GET /\u00e4 HTTP/1.1\r\n\r\n",
          "GET / a HTTP/1.1\r\n\r\n",
          "GET /\r\n\r\n",
          "G\u00cbT / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.0\r\n\r\n",
          "GET / HTTP/2.0\r\n\r\n",
          "GET / HTTP/1.1x\r\n\r\n",
          // Two hosts.
          "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nhost: y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x@y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\\y\r\n\r\n",
          // Chunks.
          CHUNKED + "5;name=value\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "5 \r\nhello\r\n0\r\n\r\n",
          CHUNKED + " 5\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "+5\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "0x5\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "-1\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "5\nhello\r\n0\r\n\r\n",
          CHUNKED + "5\rhello\r\n0\r\n\r\n",
          CHUNKED + "5\r\nhelloo\r\n0\r\n\r\n",
          CHUNKED + "5\r\nhello\n0\r\n\r\n",
          CHUNKED + "100000000\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "ffffffff\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "00000000000000005\r\nhello\r\n0\r\n\r\n",
          CHUNKED + "0\r\nTrailer: x\r\n\r\n",
          CHUNKED + "0\r\n\n");

  private final Deque<byte[]> coming = new ArrayDeque<>();
  private final List<String> told = new ArrayList<>();
  private final RequestFraming framing =
      new RequestFraming(coming::poll, new Told(), HEAD_BYTES_MAX);

  @TestFactory
  Stream<DynamicTest> refusesWhatTwoReadersCouldReadInTwoWays() {
    return IN_TWO_WAYS.stream()
        .map(sent -> DynamicTest.dynamicTest(visible(sent), () -> refused(sent)));
  }

  /// A name may not be blank.
  static String visible(String sent) {
    return sent.replace("\r", "\\r").replace("\n", "\\n");
  }

  private void refused(String sent) {
    Deque<byte[]> pieces = new ArrayDeque<>(List.of(sent.getBytes(ISO_8859_1)));
    RequestFraming fresh = new RequestFraming(pieces::poll, new Told(), HEAD_BYTES_MAX);
    assertThatThrownBy(() -> all(fresh)).isInstanceOf(Malformed.class);
    // Whatever follows is no request any more.
    pieces.add((GET + "\r\n").getBytes(ISO_8859_1));
    assertThat(fresh.next()).isNull();
  }

  @Test
  void readsTheSameHoweverItComes() {
    String sent =
        GET
            + "X-Own: k\u00e4pt\r\n\r\n"
            + POST
            + "content-length: 11\r\n\r\nGET / HTTP/1"
            + CHUNKED.replace("chunked", "Chunked")
            + "A\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n"
            + "OPTIONS * HTTP/1.1\r\nEmpty:\r\n\r\n";
    sent = sent.replace("GET / HTTP/1POST", "GET / HTTP/POST");
    for (int size = 1; size <= sent.length(); size++) {
      RequestFraming each = new RequestFraming(coming::poll, new Told(), HEAD_BYTES_MAX);
      for (int from = 0; from < sent.length(); from += size) {
        String piece = sent.substring(from, Math.min(sent.length(), from + size));
        coming.add(piece.getBytes(ISO_8859_1));
      }
      StringBuilder read = new StringBuilder();
      for (byte[] piece = each.next(); piece != null; piece = each.next()) {
        read.append(new String(piece, ISO_8859_1));
      }
      assertThat(unchunked(read.toString())).as("in pieces of %s", size).isEqualTo(unchunked(sent));
    }
  }

  /// Chunks as one, however they were cut.
  private static String unchunked(String text) {
    int begin = text.indexOf("hunked\r\n\r\n") + 10;
    StringBuilder body = new StringBuilder();
    int at = begin;
    while (true) {
      int end = text.indexOf("\r\n", at);
      int size = Integer.parseInt(text.substring(at, end), 16);
      body.append(text, end + 2, end + 2 + size);
      at = end + 4 + size;
      if (size == 0) {
        return text.substring(0, begin) + body + text.substring(at);
      }
    }
  }

  @Test
  void handsOnWhatHasComeOfAChunkWhateverItsSize() {
    coming.add((CHUNKED + "7ffffff0\r\n0123456789").getBytes(ISO_8859_1));
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo(CHUNKED);
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo("a\r\n0123456789\r\n");
    coming.add("abc".getBytes(ISO_8859_1));
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo("3\r\nabc\r\n");
  }

  @Test
  void handsOnOneRequestAtATime() {
    coming.add((POST + "Content-Length: 3\r\n\r\nabc" + GET + "\r\n").getBytes(ISO_8859_1));
    assertThat(framing.next()).asString(ISO_8859_1).endsWith("Content-Length: 3\r\n\r\n");
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo("abc");
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo(GET + "\r\n");
  }

  @Test
  void passesOnUntouchedWhatFollowsAnUpgrade() {
    coming.add((GET + "Upgrade: websocket\r\n\r\n\n\u0000first").getBytes(ISO_8859_1));
    assertThat(framing.next()).asString(ISO_8859_1).endsWith("websocket\r\n\r\n");
    framing.passOn();
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo("\n\u0000first");
    coming.add("\r".getBytes(ISO_8859_1));
    assertThat(framing.next()).asString(ISO_8859_1).isEqualTo("\r");
  }

  @Test
  void holdsNoMoreOfAHeadThanItMay() {
    for (int count = 0; count < 1000; count++) {
      coming.add(("GET /" + "a".repeat(100)).getBytes(ISO_8859_1));
    }
    assertThatThrownBy(this::all)
        .isInstanceOfSatisfying(Malformed.class, e -> assertThat(e.status()).isEqualTo(414));
    assertThat(coming).hasSizeGreaterThan(980);
  }

  @Test
  void holdsNoMoreOfHeadersThanItMay() {
    coming.add(GET.getBytes(ISO_8859_1));
    for (int count = 0; count < 1000; count++) {
      coming.add(("A: " + "a".repeat(100) + "\r\n").getBytes(ISO_8859_1));
    }
    assertThatThrownBy(this::all)
        .isInstanceOfSatisfying(Malformed.class, e -> assertThat(e.status()).isEqualTo(431));
    assertThat(coming).hasSizeGreaterThan(980);
    assertThat(told).endsWith("holds 0");
  }

  @Test
  void tellsHowFarItIs() {
    coming.add("GET /".getBytes(ISO_8859_1));
    coming.add(" HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1));
    all();
    assertThat(told)
        .containsExactly("idle", "head", "holds 5", "holds 18", "holds 0", "body", "idle");
  }

  private void all() {
    all(framing);
  }

  private static void all(RequestFraming framing) {
    byte[] piece = framing.next();
    while (piece != null) {
      piece = framing.next();
    }
  }

  private final class Told implements RequestFraming.Progress {
    @Override
    public void idle() {
      told.add("idle");
    }

    @Override
    public void headBegins() {
      told.add("head");
    }

    @Override
    public void headHolds(int bytes) {
      told.add("holds " + bytes);
    }

    @Override
    public void bodyBegins() {
      told.add("body");
    }
  }
}
