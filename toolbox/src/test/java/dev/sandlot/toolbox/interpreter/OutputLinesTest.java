package dev.sandlot.toolbox.interpreter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputLinesTest {
  private final List<String> messages = new ArrayList<>();
  private final OutputLines lines = new OutputLines(4, messages::add);

  private void push(byte[] bytes) throws IOException {
    lines.push(bytes, 0, bytes.length);
  }

  @Test
  void endsAMessageAtNewlinesAndAtTheLimit() throws IOException {
    push("a\nb\n123456".getBytes(UTF_8));

    assertThat(messages).containsExactly("a\n", "b\n", "1234");
    lines.end();
    assertThat(messages).containsExactly("a\n", "b\n", "1234", "56");
  }

  @Test
  void neverSplitsACharacter() throws IOException {
    byte[] bytes = "xxx\ud83d\ude00y".getBytes(UTF_8);
    for (byte each : bytes) {
      push(new byte[] {each});
    }
    lines.end();

    assertThat(messages).containsExactly("xxx\ud83d\ude00", "y");
  }

  @Test
  void replacesBytesThatAreNotUtf8() throws IOException {
    push(new byte[] {'a', (byte) 0xff, (byte) 0xc3});
    lines.end();

    assertThat(String.join("", messages)).isEqualTo("a\ufffd\ufffd");
  }
}
