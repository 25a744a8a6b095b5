package dev.sandlot.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReasonPhraseTest {
  @ParameterizedTest
  @CsvSource({
    "400, Bad Request",
    "401, Unauthorized",
    "404, Not Found",
    "408, Request Timeout",
    "413, Payload Too Large",
    "418, Bad Request",
    "500, Internal Server Error",
    "502, Bad Gateway",
    "503, Service Unavailable",
    "504, Gateway Timeout",
    "599, Internal Server Error"
  })
  void isTheOneOfTheStandard(int status, String phrase) {
    assertThat(ReasonPhrase.of(status)).isEqualTo(phrase);
  }
}
