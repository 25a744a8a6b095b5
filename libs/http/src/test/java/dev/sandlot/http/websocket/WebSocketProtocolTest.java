package dev.sandlot.http.websocket;

import static dev.sandlot.http.websocket.RawWebSocket.BINARY;
import static dev.sandlot.http.websocket.RawWebSocket.CLOSE;
import static dev.sandlot.http.websocket.RawWebSocket.CONTINUATION;
import static dev.sandlot.http.websocket.RawWebSocket.LAST;
import static dev.sandlot.http.websocket.RawWebSocket.PING;
import static dev.sandlot.http.websocket.RawWebSocket.PONG;
import static dev.sandlot.http.websocket.RawWebSocket.TEXT;
import static dev.sandlot.http.websocket.RawWebSocket.frame;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.websocket.RawWebSocket.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// RFC 6455 by the groups of cases of the Autobahn test suite: 1 framing, 2 pings, 3 reserved bits,
/// 4 opcodes, 5 fragments, 7 closing, 9 and 10 limits, 12 and 13 compression. The sixth is {@link
/// WebSocketTextTest}.
class WebSocketProtocolTest extends EchoFixture {
  // 1: framing.

  @TestFactory
  Stream<DynamicTest> carriesFramesOfEachLengthWholeAndChopped() {
    List<DynamicTest> cases = new ArrayList<>();
    for (int kind : List.of(TEXT, BINARY)) {
      for (int length : List.of(0, 1, 125, 126, 127, 128, 65_535, 65_536)) {
        for (int piece : List.of(Integer.MAX_VALUE, 997)) {
          String name = "kind " + kind + ", " + length + " bytes, in pieces of " + piece;
          cases.add(DynamicTest.dynamicTest(name, () -> echoed(kind, bytes(length), piece)));
        }
      }
    }
    return cases.stream();
  }

  private void echoed(int kind, byte[] payload, int piece) throws IOException {
    try (RawWebSocket client = connect()) {
      byte[] frame = frame(LAST | kind, payload);
      client.chopped(frame, Math.min(piece, frame.length));
      assertThat(client.receive()).isEqualTo(new Frame(LAST | kind, payload));
    }
  }

  // 2: pings and pongs.

  @Test
  void answersPingsWithWhatTheyHold() throws IOException {
    try (RawWebSocket client = connect()) {
      for (byte[] payload :
          List.of(NOTHING, "hello".getBytes(UTF_8), new byte[] {0, -1, -2, 0}, bytes(125))) {
        client.send(LAST | PING, payload);
        assertThat(client.receive()).isEqualTo(new Frame(LAST | PONG, payload));
        client.chopped(frame(LAST | PING, payload), 1);
        assertThat(client.receive()).isEqualTo(new Frame(LAST | PONG, payload));
      }
      for (int index = 0; index < 10; index++) {
        client.send(LAST | PING, "payload " + index);
      }
      for (int index = 0; index < 10; index++) {
        assertThat(client.receive()).isEqualTo(new Frame(LAST | PONG, "payload " + index));
      }
    }
  }

  @Test
  void ignoresPongsThatNobodyAskedFor() throws IOException {
    try (RawWebSocket client = connect()) {
      client.send(LAST | PONG, NOTHING);
      client.send(LAST | PONG, "unsolicited");
      client.send(LAST | PING, "asked");
      assertThat(client.receive()).isEqualTo(new Frame(LAST | PONG, "asked"));
    }
  }

  @Test
  void refusesControlFramesThatAreTooLong() throws IOException {
    for (int kind : List.of(CLOSE, PING, PONG)) {
      closes(1002, frame(LAST | kind, bytes(126)));
      closes(1002, RawWebSocket.head(LAST | kind, 65_536));
    }
  }

  // 3: reserved bits.

  @TestFactory
  Stream<DynamicTest> refusesReservedBits() {
    return IntStream.rangeClosed(1, 7)
        .mapToObj(bits ->
            DynamicTest.dynamicTest(
                "bits " + bits,
                () -> wrongWhereverItComes(kind -> frame(LAST | bits << 4 | kind, NOTHING))));
  }

  /// A frame that is wrong ends the connection on its own, after a message that is still served,
  /// and between fragments.
  private void wrongWhereverItComes(IntFunction<byte[]> wrong) throws IOException {
    for (int kind : List.of(TEXT, BINARY, CLOSE, PING, PONG)) {
      closes(1002, wrong.apply(kind));
      closes(1002, frame(TEXT, bytes(5)), wrong.apply(kind));
      try (RawWebSocket client = connect()) {
        client.send(LAST | TEXT, "before");
        assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, "before"));
        client.chopped(wrong.apply(kind), 1);
        assertThat(client.receiveClose()).isEqualTo(1002);
        client.send(LAST | PING, "nothing is understood any more");
        client.endOutput();
        assertThat(client.atEnd()).isTrue();
      }
    }
  }

  // 4: opcodes.

  @TestFactory
  Stream<DynamicTest> refusesOpcodesThatAreNotDefined() {
    return IntStream.of(3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
        .mapToObj(opcode ->
            DynamicTest.dynamicTest(
                "opcode " + opcode,
                () -> {
                  closes(1002, frame(LAST | opcode, NOTHING));
                  closes(1002, frame(LAST | opcode, bytes(9)));
                  closes(1002, frame(TEXT, bytes(1)), frame(LAST | opcode, NOTHING));
                }));
  }

  // 5: fragments.

  @Test
  void joinsFragments() throws IOException {
    try (RawWebSocket client = connect()) {
      for (int kind : List.of(TEXT, BINARY)) {
        for (int piece : List.of(1, 1_000)) {
          client.chopped(frame(kind, "fragment1".getBytes(UTF_8)), piece);
          client.chopped(frame(CONTINUATION, NOTHING), piece);
          client.chopped(frame(CONTINUATION, "fragment2".getBytes(UTF_8)), piece);
          client.chopped(frame(LAST | CONTINUATION, NOTHING), piece);
          assertThat(client.receive()).isEqualTo(new Frame(LAST | kind, "fragment1fragment2"));
        }
      }
      client.send(TEXT, NOTHING);
      client.send(LAST | CONTINUATION, NOTHING);
      assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, NOTHING));
    }
  }

  @Test
  void answersPingsBetweenFragments() throws IOException {
    try (RawWebSocket client = connect()) {
      client.send(TEXT, "fragment1");
      client.send(LAST | PING, "in between");
      assertThat(client.receive()).isEqualTo(new Frame(LAST | PONG, "in between"));
      client.send(LAST | PONG, "unsolicited");
      client.send(LAST | CONTINUATION, "fragment2");
      assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, "fragment1fragment2"));
    }
  }

  @Test
  void refusesControlFramesInFragments() throws IOException {
    for (int kind : List.of(CLOSE, PING, PONG)) {
      closes(1002, frame(kind, bytes(2)), frame(LAST | CONTINUATION, bytes(2)));
    }
  }

  @Test
  void refusesFragmentsOutOfTurn() throws IOException {
    closes(1002, frame(LAST | CONTINUATION, bytes(3)));
    closes(1002, frame(CONTINUATION, bytes(3)), frame(LAST | TEXT, bytes(3)));
    closes(1002, frame(TEXT, bytes(3)), frame(TEXT, bytes(3)));
    closes(1002, frame(TEXT, bytes(3)), frame(LAST | BINARY, bytes(3)));
    try (RawWebSocket client = connect()) {
      client.send(TEXT, "a");
      client.send(LAST | CONTINUATION, "b");
      assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, "ab"));
      client.send(LAST | CONTINUATION, "c");
      assertThat(client.receiveClose()).isEqualTo(1002);
    }
  }

  // 7: closing.

  private static byte[] close(int code, String reason) {
    byte[] text = reason.getBytes(UTF_8);
    byte[] payload = Arrays.copyOf(new byte[] {(byte) (code >> 8), (byte) code}, 2 + text.length);
    System.arraycopy(text, 0, payload, 2, text.length);
    return frame(LAST | CLOSE, payload);
  }

  @Test
  void answersACloseWithItsCodeAndThenEnds() throws IOException {
    for (int code :
        List.of(
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
            4000, 4999)) {
      try (RawWebSocket client = connect()) {
        client.raw(close(code, "bye " + code));
        assertThat(client.receiveClose()).isEqualTo(code);
        assertThat(client.atEnd()).isTrue();
      }
    }
    try (RawWebSocket client = connect()) {
      client.raw(close(1000, "*".repeat(123)));
      assertThat(client.receiveClose()).isEqualTo(1000);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void answersACloseWithoutACodeAsANormalOne() throws IOException {
    try (RawWebSocket client = connect()) {
      client.send(LAST | CLOSE, NOTHING);
      assertThat(client.receiveClose()).isEqualTo(1000);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void refusesCodesThatNobodyMaySend() throws IOException {
    for (int code : List.of(0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)) {
      closes(1002, close(code, ""));
      closes(1002, close(code, "with a reason"));
    }
    closes(1002, frame(LAST | CLOSE, bytes(1)));
    closes(1002, close(1000, "*".repeat(124)));
  }

  @Test
  void refusesAReasonThatIsNotUtf8() throws IOException {
    closes(1007, frame(LAST | CLOSE, parsed("03e8cebae1bdb9cf83cebcceb5eda080656469746564")));
    closes(1007, frame(LAST | CLOSE, parsed("03e8e0a0")));
  }

  @Test
  void answersNothingAfterAClose() throws IOException {
    try (RawWebSocket client = connect()) {
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      sent.writeBytes(frame(TEXT, bytes(9))); // a message that stays in pieces
      sent.writeBytes(close(1000, ""));
      sent.writeBytes(close(1001, "again"));
      sent.writeBytes(frame(LAST | PING, bytes(4)));
      sent.writeBytes(frame(LAST | TEXT, bytes(4)));
      client.raw(sent.toByteArray());
      assertThat(client.receiveClose()).isEqualTo(1000);
    }
  }

  @Test
  void servesWhatCameBeforeTheClose() throws IOException {
    try (RawWebSocket client = connect()) {
      client.send(LAST | TEXT, "first");
      assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, "first"));
      client.raw(close(1000, ""));
      assertThat(client.receiveClose()).isEqualTo(1000);
    }
  }

  // 9 and 10: limits.

  @Test
  void takesMessagesUpToTheLimitInFramesOfAnySize() throws IOException {
    byte[] most = bytes(MESSAGE_BYTES_MAX);
    try (RawWebSocket client = connect()) {
      for (int kind : List.of(TEXT, BINARY)) {
        for (int size : List.of(64, 1_300, 65_536, MESSAGE_BYTES_MAX)) {
          for (int from = 0; from < most.length; from += size) {
            int to = Math.min(most.length, from + size);
            int last = to == most.length ? LAST : 0;
            client.send(
                last | (from == 0 ? kind : CONTINUATION), Arrays.copyOfRange(most, from, to));
          }
          assertThat(client.receive()).isEqualTo(new Frame(LAST | kind, most));
        }
      }
    }
  }

  @Test
  void refusesAMessageBeyondTheLimitBeforeItComes() throws IOException {
    closes(1009, RawWebSocket.head(LAST | BINARY, MESSAGE_BYTES_MAX + 1L));
    closes(1009, RawWebSocket.head(LAST | TEXT, Long.MAX_VALUE));
    closes(1009, RawWebSocket.head(LAST | BINARY, Long.MIN_VALUE));
    closes(1009, frame(BINARY, bytes(MESSAGE_BYTES_MAX)), RawWebSocket.head(CONTINUATION, 1));
  }

  @Test
  void answersAPingWhileAMessageIsAtItsLimit() throws IOException {
    try (RawWebSocket client = connect()) {
      client.send(BINARY, bytes(MESSAGE_BYTES_MAX));
      client.send(LAST | PING, "still there?");
      assertThat(client.receive()).isEqualTo(new Frame(LAST | PONG, "still there?"));
      client.send(LAST | CONTINUATION, NOTHING);
      assertThat(client.receive().payload()).hasSize(MESSAGE_BYTES_MAX);
    }
  }

  // 12 and 13: compression.

  @Test
  void agreesToNoCompressionAndTakesNone() throws IOException {
    for (String offer :
        List.of(
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits; server_no_context_takeover",
            "permessage-deflate; server_max_window_bits=9, permessage-deflate",
            "permessage-bzip2, x-webkit-deflate-frame")) {
      try (RawWebSocket client = connect("Sec-WebSocket-Extensions: " + offer)) {
        assertThat(client.head()).startsWith("HTTP/1.1 101 ").doesNotContain("Extensions");
        client.send(LAST | TEXT, "plain");
        assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, "plain"));
        client.send(LAST | 0x40 | TEXT, parsed("f248cdc9c90700")); // "Hello", deflated
        assertThat(client.receiveClose()).isEqualTo(1002);
      }
    }
  }
}
