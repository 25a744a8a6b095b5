package dev.sandlot.http.websocket;

import static dev.sandlot.http.websocket.RawWebSocket.BINARY;
import static dev.sandlot.http.websocket.RawWebSocket.CONTINUATION;
import static dev.sandlot.http.websocket.RawWebSocket.LAST;
import static dev.sandlot.http.websocket.RawWebSocket.TEXT;
import static dev.sandlot.http.websocket.RawWebSocket.frame;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.websocket.RawWebSocket.Frame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What a text message may hold: the sixth group of cases of the Autobahn test suite. Each sequence
/// in hexadecimal digits.
class WebSocketTextTest extends EchoFixture {
  private static final List<String> VALID =
      List.of(
          "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121", // Hello-µ@ßöäüàá-UTF-8!!
          "cebae1bdb9cf83cebcceb5", // κόσμε
          "00",
          "7f",
          "c280",
          "dfbf",
          "e0a080",
          "ed9fbf", // before the surrogates
          "ee8080", // after them
          "efbfbd",
          "efbfbe", // no characters, and yet valid
          "efbfbf",
          "f0908080",
          "f09fbfbf",
          "f48fbfbf"); // the last there is

  private static final List<String> INVALID =
      List.of(
          "80", // a continuation alone
          "bf",
          "8080bf80",
          "c020", // two are announced, one comes
          "e0a020",
          "f0908020",
          "c2c3",
          "fe",
          "ff",
          "c0af", // longer than it need be
          "c080",
          "c1bf",
          "e080af",
          "e09fbf",
          "f08080af",
          "f08fbfbf",
          "f88080808f",
          "eda080", // halves of surrogate pairs
          "edbfbf",
          "eda080edb080",
          "f4908080", // beyond the last
          "f5808080",
          "f7bfbfbf",
          "f888808080",
          "fbbfbfbfbf",
          "fc8480808080");

  private static final List<String> CUT_SHORT =
      List.of("c2", "e0a0", "ef", "efbf", "f0", "f090", "f09080", "f48f");

  @Test
  void takesTextThatIsUtf8HoweverItIsCut() throws IOException {
    try (RawWebSocket client = connect()) {
      for (String hex : VALID) {
        byte[] text = parsed(hex);
        Frame expected = new Frame(LAST | TEXT, text);
        client.send(LAST | TEXT, text);
        assertThat(client.receive()).as(hex).isEqualTo(expected);
        client.chopped(frame(LAST | TEXT, text), 1);
        assertThat(client.receive()).as(hex).isEqualTo(expected);
        for (int index = 0; index < text.length; index++) {
          client.send(index == 0 ? TEXT : CONTINUATION, Arrays.copyOfRange(text, index, index + 1));
        }
        client.send(LAST | CONTINUATION, NOTHING);
        assertThat(client.receive()).as("%s in frames of one byte", hex).isEqualTo(expected);
      }
    }
  }

  @Test
  void takesLongTextWhoseCharactersAreCutEverywhere() throws IOException {
    byte[] text = "aµ€😀".repeat(20_000).getBytes(UTF_8);
    try (RawWebSocket client = connect()) {
      for (int size : List.of(1_001, 4_096, 16_384, 65_537, text.length)) {
        for (int from = 0; from < text.length; from += size) {
          int to = Math.min(text.length, from + size);
          int last = to == text.length ? LAST : 0;
          client.send(last | (from == 0 ? TEXT : CONTINUATION), Arrays.copyOfRange(text, from, to));
        }
        assertThat(client.receive()).isEqualTo(new Frame(LAST | TEXT, text));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> refusesTextThatIsNotUtf8() {
    return INVALID.stream()
        .map(hex ->
            DynamicTest.dynamicTest(
                hex,
                () -> {
                  byte[] text = parsed("cebae1bdb9" + hex);
                  closes(1007, frame(LAST | TEXT, text));
                  // The message is not complete, and is refused all the same.
                  closes(1007, frame(TEXT, text));
                  List<byte[]> frames = new ArrayList<>();
                  frames.add(frame(TEXT, NOTHING));
                  for (byte octet : text) {
                    frames.add(frame(CONTINUATION, new byte[] {octet}));
                  }
                  closes(1007, frames.toArray(byte[][]::new));
                }));
  }

  @Test
  void refusesTextThatEndsInTheMiddleOfACharacter() throws IOException {
    for (String hex : CUT_SHORT) {
      closes(1007, frame(LAST | TEXT, parsed(hex)));
      closes(1007, frame(TEXT, parsed(hex)), frame(LAST | CONTINUATION, NOTHING));
    }
  }

  @Test
  void refusesTextAtItsFirstWrongByteWhateverWouldFollow() throws IOException {
    byte[] begin = RawWebSocket.head(LAST | TEXT, 1_000);
    // Of a thousand bytes that are announced, these are all that ever come.
    closes(1007, begin, RawWebSocket.masked(parsed("cebae1bdb9cf83f490")));
    closes(1007, begin, RawWebSocket.masked(parsed("61eda0")), maskedAt(3, (byte) 0x80));
  }

  /// A byte of a payload at this place.
  private static byte[] maskedAt(int place, byte octet) {
    byte[] payload = new byte[place + 1];
    payload[place] = octet;
    return Arrays.copyOfRange(RawWebSocket.masked(payload), place, place + 1);
  }

  @Test
  void takesAnyBytesThatAreNotText() throws IOException {
    try (RawWebSocket client = connect()) {
      client.send(LAST | BINARY, parsed("f4908080"));
      assertThat(client.receive()).isEqualTo(new Frame(LAST | BINARY, parsed("f4908080")));
    }
  }
}
