package dev.sandlot.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv4RangeTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.4/33",
        "1.2.3.4/",
        "1.2.3.4/-1",
        "1.2.3.4/08",
        " 1.2.3.4",
        "1.2.3.4 ",
        "0x1.2.3.4",
        "١.2.3.4",
        "1.2.3.4/2 4",
        "::1/64",
        "1.2.3.4\n"
      })
  void refusesOddSpellings(String text) {
    assertThat(Ipv4Range.parse(text)).isEmpty();
  }

  @Test
  void clearsTheBitsBelowThePrefix() {
    assertThat(Ipv4Range.of("203.0.113.77/24")).hasToString("203.0.113.0/24");
    assertThat(Ipv4Range.of("203.0.113.77")).hasToString("203.0.113.77/32");
    assertThat(Ipv4Range.of("255.255.255.255/0")).hasToString("0.0.0.0/0");
  }

  @Test
  void knowsWhatIsClosed() {
    assertThat(Ipv4Range.of("169.254.169.254").isClosed()).isTrue();
    assertThat(Ipv4Range.of("10.20.0.0/16").isClosed()).isTrue();
    assertThat(Ipv4Range.of("0.0.0.0/0").isClosed()).isFalse();
    assertThat(Ipv4Range.of("203.0.113.0/24").isClosed()).isFalse();
  }
}
