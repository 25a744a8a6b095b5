package dev.sandlot.toolbox.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteRangeTest {
  @Test
  void parsesTheThreeForms() {
    assertThat(ByteRange.parse("bytes=0-0", 10)).contains(new ByteRange(0, 1));
    assertThat(ByteRange.parse("bytes=4-", 10)).contains(new ByteRange(4, 6));
    assertThat(ByteRange.parse("bytes=-4", 10)).contains(new ByteRange(6, 4));
  }

  @Test
  void cutsAtTheEndOfTheFile() {
    assertThat(ByteRange.parse("bytes=4-99", 10)).contains(new ByteRange(4, 6));
    assertThat(ByteRange.parse("bytes=-99", 10)).contains(new ByteRange(0, 10));
  }

  @Test
  void returnsAnEmptyRangeBeyondTheFile() {
    assertThat(ByteRange.parse("bytes=10-", 10).orElseThrow().length()).isZero();
    assertThat(ByteRange.parse("bytes=-0", 10).orElseThrow().length()).isZero();
    assertThat(ByteRange.parse("bytes=0-", 0).orElseThrow().length()).isZero();
  }

  @Test
  void ignoresUnsupportedRanges() {
    assertThat(ByteRange.parse("bytes=0-1,4-5", 10)).isEmpty();
    assertThat(ByteRange.parse("lines=0-1", 10)).isEmpty();
    assertThat(ByteRange.parse("bytes=5-4", 10)).isEmpty();
    assertThat(ByteRange.parse("bytes=-", 10)).isEmpty();
    assertThat(ByteRange.parse("bytes=99999999999999999999-", 10)).isEmpty();
  }
}
