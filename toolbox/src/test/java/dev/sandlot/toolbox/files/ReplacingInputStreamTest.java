package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplacingInputStreamTest {
  @Test
  void replacesFromTheFirstOnWithoutOverlap() throws IOException {
    assertThat(replaced("aaaaa", "aa", "b")).isEqualTo("bba");
    assertThat(replaced("aab aab", "ab", "")).isEqualTo("a a");
    assertThat(replaced("abab", "abab", "$1\\")).isEqualTo("$1\\");
    assertThat(replaced("nothing", "else", "x")).isEqualTo("nothing");
    assertThat(replaced("", "a", "x")).isEmpty();
    assertThat(replaced("ends in ab", "abc", "x")).isEqualTo("ends in ab");
  }

  @Test
  void replacesLikeStringReplace() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      String file = letters(random, random.nextInt(300_000) >> random.nextInt(16));
      String text = letters(random, 1 + random.nextInt(6));
      String replacement = letters(random, random.nextInt(9));

      assertThat(replaced(file, text, replacement))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(file.replace(text, replacement));
    }
  }

  private static String letters(Random random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int index = 0; index < length; index++) {
      text.append((char) ('a' + random.nextInt(2)));
    }
    return text.toString();
  }

  private static String replaced(String file, String text, String replacement) throws IOException {
    try (ReplacingInputStream stream =
        new ReplacingInputStream(
            new ByteArrayInputStream(file.getBytes(UTF_8)),
            new LiteralText(text),
            replacement.getBytes(UTF_8))) {
      return new String(stream.readAllBytes(), UTF_8);
    }
  }
}
