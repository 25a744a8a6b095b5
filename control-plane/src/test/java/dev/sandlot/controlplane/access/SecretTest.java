package dev.sandlot.controlplane.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "secret_api_token",
        "super_secret_key",
        "proxy-api-key",
        "short",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void refusesKnownDefaultsAndWhatCanBeGuessed(String text) {
    assertThatThrownBy(() -> Secret.chosen("secrets/admin.key", text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("secrets/admin.key");
  }

  @Test
  void isAnotherEachTimeAndSaysNothingOfItself() {
    Secret one = Secret.random();

    assertThat(one).isNotEqualTo(Secret.random());
    assertThat(one.toString()).doesNotContain(one.text().substring(4));
    assertThat(Secret.chosen("a", one.text())).isEqualTo(one);
  }
}
