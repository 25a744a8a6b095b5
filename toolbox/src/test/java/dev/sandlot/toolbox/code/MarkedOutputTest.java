package dev.sandlot.toolbox.code;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class MarkedOutputTest {
  private static final String FRAME = "\0abc {\"kind\":\"end\"}\n";

  private final StringBuilder text = new StringBuilder();
  private final List<JsonNode> frames = new ArrayList<>();
  private final MarkedOutput marked =
      new MarkedOutput(
          "abc",
          100,
          new MarkedOutput.Receiver() {
            @Override
            public void text(byte[] bytes, int offset, int length) {
              text.append(new String(bytes, offset, length, UTF_8));
            }

            @Override
            public void frame(JsonNode frame) {
              text.append("|");
              frames.add(frame);
            }
          });

  private void push(String bytes) throws IOException {
    marked.push(ByteBuffer.wrap(bytes.getBytes(UTF_8)));
  }

  @Test
  void findsFramesInPiecesOfAnySize() throws IOException {
    String stream = "one" + FRAME + FRAME + "two\0three" + FRAME + "four";
    for (int size = 1; size <= stream.length(); size++) {
      text.setLength(0);
      frames.clear();
      for (int at = 0; at < stream.length(); at += size) {
        push(stream.substring(at, Math.min(stream.length(), at + size)));
      }
      assertThat(text.toString()).isEqualTo("one||two\0three|four");
      assertThat(frames).hasSize(3);
    }
  }

  @Test
  void treatsFramesWithoutTheTokenAndOverlongOnesAsOutput() throws IOException {
    push("\0other {}\n");
    push("\0abc " + "x".repeat(200));
    push("\nafter");

    assertThat(text.toString()).isEqualTo("\0other {}\n\0abc " + "x".repeat(200) + "\nafter");
    assertThat(frames).isEmpty();
  }

  @Test
  void dropsMalformedFramesWithTheToken() throws IOException {
    push("a\0abc {broken\nb\0abc []\nc");

    assertThat(text.toString()).isEqualTo("abc");
  }

  @Test
  void emitsAnUnfinishedFrameAtTheEnd() throws IOException {
    push("a\0ab");
    assertThat(text.toString()).isEqualTo("a");
    marked.end();

    assertThat(text.toString()).isEqualTo("a\0ab");
  }
}
