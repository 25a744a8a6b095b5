package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineSearchTest {
  private static final SearchLimits LIMITS = SearchLimits.STANDARD;
  private static final int LINE_MAX = LIMITS.lineBytesMax();

  @Test
  void countsLinesFromOneWithoutNewlines() throws IOException {
    assertThat(find("b", "ab\nc\r\nb\r\n\nxbx")).containsExactly("1:ab", "3:b", "5:xbx");
  }

  @Test
  void searchesTheTextLiterally() throws IOException {
    assertThat(find("a.c", "abc\na.c\nA.C\n")).containsExactly("2:a.c");
    assertThat(find("aab", "aaab")).containsExactly("1:aaab");
    assertThat(find("\u6587", "x\u6587y")).containsExactly("1:x\u6587y");
  }

  @Test
  void findsNothingInBinaryFiles() throws IOException {
    assertThat(find("a", "a\n" + "x".repeat(509) + "\0")).isEmpty();
    assertThat(find("a", "a\n" + "x".repeat(510) + "\0a")).hasSize(2);
  }

  @Test
  void stopsAtALineThatIsTooLong() throws IOException {
    assertThat(find("a", "a\n" + "x".repeat(LINE_MAX) + "\na\n")).containsExactly("1:a", "3:a");
    assertThat(find("a", "a\n" + "x".repeat(LINE_MAX + 1) + "\na\n")).containsExactly("1:a");
    assertThat(find("a", "a\n" + "a".repeat(3 * LINE_MAX))).containsExactly("1:a");
  }

  @Test
  void replacesBytesThatAreNotUtf8() throws IOException {
    byte[] file = "a\u00ffb\n".getBytes(ISO_8859_1);

    assertThat(find("b", new ByteArrayInputStream(file))).containsExactly("1:a\ufffdb");
  }

  @Test
  void findsTheSameWithReadsOfAnySize() throws IOException {
    String file = "needle\n" + "hay\n".repeat(50_000) + "a needle\nneedl\ne\nneedle";
    List<String> whole = find("needle", file);

    assertThat(whole).hasSize(3);
    for (int size : new int[] {1, 3, 1_021, 70_000}) {
      assertThat(find("needle", pieces(file, size))).isEqualTo(whole);
    }
  }

  private static InputStream pieces(String text, int size) {
    return new ByteArrayInputStream(text.getBytes(UTF_8)) {
      @Override
      public int read(byte[] target, int offset, int length) {
        return super.read(target, offset, Math.min(length, size));
      }
    };
  }

  private static List<String> find(String text, String file) throws IOException {
    return find(text, new ByteArrayInputStream(file.getBytes(UTF_8)));
  }

  private static List<String> find(String text, InputStream file) throws IOException {
    List<String> found = new ArrayList<>();
    new LineSearch(
            new LiteralText(text), LIMITS, (number, content) -> found.add(number + ":" + content))
        .read(file, System.nanoTime() + LIMITS.timeMax().toNanos());
    return found;
  }
}
