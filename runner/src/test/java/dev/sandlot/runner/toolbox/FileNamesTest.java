package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileNamesTest {
  @Test
  void escapesQuotesAndBackslashes() {
    assertThat(FileNames.parameters("a\"b\\c"))
        .isEqualTo("filename=\"a\\\"b\\\\c\"; filename*=utf-8''a%22b%5Cc");
  }

  @Test
  void leavesOutLineEndsSoThatNoHeaderCanBeAdded() {
    assertThat(FileNames.parameters("a\r\nX: y\0"))
        .isEqualTo("filename=\"aX: y\"; filename*=utf-8''a%0D%0AX%3A%20y%00");
  }

  @Test
  void putsAnUnderscoreForWhatLatin1CannotHold() {
    assertThat(FileNames.parameters("\u00e9\u6587\t"))
        .isEqualTo("filename=\"\u00e9__\"; filename*=utf-8''%C3%A9%E6%96%87%09");
  }
}
