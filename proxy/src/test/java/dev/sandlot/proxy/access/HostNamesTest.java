package dev.sandlot.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.SandboxId;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A port or a host has one spelling (daytonaio/daytona#5147: `02280` was compared as text, taken
/// for an ordinary port, and led to the toolbox).
class HostNamesTest {
  private static final String ID = "11111111-2222-4333-8444-555555555555";

  private final HostNames hosts =
      new HostNames(
          new ProxyConfig(
              "Proxy.localhost:4000",
              Set.of("localhost"),
              false,
              new byte[32],
              ProxyLimits.DEFAULT));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "02280", "+2280", "-2280", " 2280", "2280 ", "2280.0", "2280.", "0x8e8", "%32280",
            "2280%20",
        "", "0", "00", "65536", "99999", "100000", "22800000000000000000", "2_280", "2,280",
            "2280e0",
        "٢٢٨٠", "２２８０", "２280", "2280\u0000", "2280\t", "\u200b2280", "²280", "port", "1/2", "8.8"
      })
  void refusesEveryOtherSpellingOfAPort(String spelling) {
    assertThat(Port.parse(spelling)).isEmpty();
    assertThatThrownBy(() -> read(spelling + "-" + ID + ".proxy.localhost:4000"))
        .isInstanceOfSatisfying(
            HttpFailure.class, failure -> assertThat(failure.status()).isEqualTo(400));
  }

  @Test
  void readsEveryPortInItsOneSpelling() {
    for (int number = 1; number <= 65_535; number++) {
      assertThat(Port.parse(Integer.toString(number))).contains(new Port(number));
    }
  }

  @Test
  void takesOnlyCanonicalTextForAPort() {
    Random random = new Random(5147);
    String alphabet = "0123456789+- ._xXeE%２٢\t";
    for (int round = 0; round < 200_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(7); length > 0; length--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String spelling = text.toString();
      Port.parse(spelling)
          .ifPresent(port -> assertThat(Integer.toString(port.number())).isEqualTo(spelling));
    }
  }

  @Test
  void readsAPreviewHost() {
    assertThat(read("3000-" + ID + ".proxy.localhost:4000"))
        .isEqualTo(new Destination.ById(new Port(3000), SandboxId.of(ID)));
    assertThat(read("3000-" + ID + ".PROXY.LocalHost"))
        .isEqualTo(new Destination.ById(new Port(3000), SandboxId.of(ID)));
    assertThat(read("3000-abcdefgh01234567.proxy.localhost"))
        .isEqualTo(new Destination.ByToken(new Port(3000), "abcdefgh01234567"));
  }

  @Test
  void readsTheDomainItself() {
    assertThat(read("proxy.localhost:4000")).isEqualTo(new Destination.ProxyItself());
    assertThat(read("localhost:81")).isEqualTo(new Destination.ProxyItself());
  }

  @Test
  void refusesAPortBehindAnotherLabelForItsSpelling() {
    assertThatThrownBy(() -> read("a.3000-" + ID + ".proxy.localhost"))
        .isInstanceOfSatisfying(
            HttpFailure.class, failure -> assertThat(failure.status()).isEqualTo(400));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "3000-" + ID + ".evil.example",
        "3000-" + ID + ".proxy.localhost.",
        "3000-" + ID + ".localhost",
        "3000-" + ID + ".xproxy.localhost",
        "3000-" + ID + ".a.proxy.localhost",
        "3000-" + ID,
        "3000.proxy.localhost",
        "3000-.proxy.localhost",
        "3000-short.proxy.localhost",
        "3000-../../etc.proxy.localhost",
        "3000--" + ID + ".proxy.localhost",
        "proxy.localhost.",
        "proxy.localhost:",
        "proxy.localhost:0",
        "proxy.localhost:04000",
        "proxy.localhost:4000:4000",
        "user@proxy.localhost",
        ".proxy.localhost",
        ""
      })
  void refusesEveryOtherHost(String host) {
    assertThatThrownBy(() -> read(host))
        .isInstanceOfSatisfying(
            HttpFailure.class, failure -> assertThat(failure.status()).isEqualTo(404));
  }

  @Test
  void refusesTwoHosts() {
    RequestHead head =
        new RequestHead(
            "GET",
            "/",
            "",
            List.of(Map.entry("Host", "proxy.localhost"), Map.entry("host", "localhost")),
            "127.0.0.1",
            false);
    assertThatThrownBy(() -> hosts.read(head)).hasMessageContaining("exactly one Host");
  }

  private Destination read(String host) {
    return hosts.read(
        new RequestHead("GET", "/", "", List.of(Map.entry("Host", host)), "127.0.0.1", false));
  }
}
