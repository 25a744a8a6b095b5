package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileNamesTest {
  @Test
  void escapesQuotesAndBackslashes() {
    assertThat(FileNames.parameters("a\"b\\c"))
        .isEqualTo("filename=\"a\\\"b\\\\c\"; filename*=utf-8''a%22b%5Cc");
  }

  @Test
  void removesLineBreaksAgainstHeaderInjection() {
    assertThat(FileNames.parameters("a\r\nX: y\0"))
        .isEqualTo("filename=\"aX: y\"; filename*=utf-8''a%0D%0AX%3A%20y%00");
  }

  @Test
  void encodesNamesAsThePythonClientReadsThem() {
    String sent = FileNames.parametersForPython("na\u00efve \"\u6587\".txt");
    String header = new String(sent.getBytes(ISO_8859_1), UTF_8);
    String name = header.substring(header.indexOf('"') + 1, header.indexOf("\";"));

    assertThat(new String(name.getBytes(ISO_8859_1), UTF_8))
        .isEqualTo("na\u00efve \\\"\u6587\\\".txt");
    assertThat(sent).endsWith("filename*=utf-8''na%C3%AFve%20%22%E6%96%87%22.txt");
    assertThat(FileNames.parametersForPython("/tmp/a\\b"))
        .isEqualTo(FileNames.parameters("/tmp/a\\b"));
  }

  @Test
  void replacesCharactersBeyondLatin1ByUnderscores() {
    assertThat(FileNames.parameters("\u00e9\u6587\t"))
        .isEqualTo("filename=\"\u00e9__\"; filename*=utf-8''%C3%A9%E6%96%87%09");
  }
}
