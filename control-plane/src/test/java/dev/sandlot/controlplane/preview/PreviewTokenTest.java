package dev.sandlot.controlplane.preview;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The tokens of a sandbox's ports.
class PreviewTokenTest {
  private static final String SECRET = "the-secret-of-a-sandbox";

  @Test
  void isAnotherOneForEachPort() {
    Set<String> tokens = new HashSet<>();
    for (int port = 2; port <= 65_535; port++) {
      assertThat(tokens.add(PreviewToken.of(SECRET, port))).isTrue();
    }
    assertThat(PreviewToken.of(SECRET, 3000)).matches("[a-z0-9_-]{32}");
    assertThat(PreviewToken.of("another", 3000)).isNotEqualTo(PreviewToken.of(SECRET, 3000));
  }

  @Test
  void opensItsPortAlone() {
    String token = PreviewToken.of(SECRET, 3000);
    assertThat(PreviewToken.opens(SECRET, 3000, token)).isTrue();
    for (int port : new int[] {1, 2280, 3001, 22_222, 33_333}) {
      assertThat(PreviewToken.opens(SECRET, port, token)).isFalse();
    }
    assertThat(PreviewToken.opens(SECRET, 3000, SECRET)).isFalse();
    assertThat(PreviewToken.opens(SECRET, 3000, "")).isFalse();
  }

  @Test
  void ofThePortThatClientsInBrowsersAskForOpensTheToolbox() {
    assertThat(PreviewToken.opens(SECRET, 2280, PreviewToken.of(SECRET, 1))).isTrue();
  }
}
