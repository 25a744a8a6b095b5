package dev.sandlot.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SigningKeyTest {
  private static final SigningKey KEY = new SigningKey("key");
  private static final String PATH = "/home/daytona/na\u00efve \u6587\u4ef6.txt";

  /// Computed with the published Python client.
  private static final String SIGNATURE = "v1_g0yTsdvXW6Auk-g-C0dlYHhb8qLLqWPsSbKICP7-6iM";

  @Test
  void signsAsThePublishedClientsDo() {
    assertThat(KEY.sign("GET", PATH, 1_893_456_000L)).isEqualTo(SIGNATURE);
    assertThat(KEY.sign("POST", "a:b", 0))
        .isEqualTo("v1_in-qOE1jtq2NnuWYlwxjsGJH_N-oVojaRc_llZrl8Fk");
  }

  @Test
  void knowsItsOwnSignatureInOneSpellingOnly() {
    assertThat(KEY.signed(SIGNATURE, "GET", PATH, 1_893_456_000L)).isTrue();
    assertThat(KEY.signed(SIGNATURE + "=", "GET", PATH, 1_893_456_000L)).isFalse();
    // The last letter carries two bits that no byte holds.
    String alike = SIGNATURE.substring(0, SIGNATURE.length() - 1) + "N";
    assertThat(KEY.signed(alike, "GET", PATH, 1_893_456_000L)).isFalse();
    assertThat(KEY.signed(SIGNATURE, "POST", PATH, 1_893_456_000L)).isFalse();
    assertThat(KEY.signed(SIGNATURE, "GET", PATH, 0)).isFalse();
    assertThat(new SigningKey("other").signed(SIGNATURE, "GET", PATH, 1_893_456_000L)).isFalse();
  }

  @Test
  void showsNothingOfItself() {
    SigningKey key = SigningKey.random();

    assertThat(key.text()).hasSize(68).isNotEqualTo(SigningKey.random().text());
    assertThat(key.toString()).doesNotContain(key.text().substring(4));
  }
}
