package dev.sandlot.controlplane.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParametersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "03000",
        "+3000",
        "-3000",
        " 3000",
        "3000 ",
        "3000.0",
        "3e3",
        "0xbb8",
        "٣٠٠٠",
        "３０００",
        "3_000",
        "-0",
        "00",
        "",
        "x",
        "65536",
        "4294970296",
        "99999999999999999999"
      })
  void readsAPortInOneSpellingOnly(String text) {
    assertThatThrownBy(() -> QueryParameters.integer("port", text, 1, 65_535))
        .isInstanceOfSatisfying(
            OperationFailure.class,
            failure -> assertThat(failure.errorCode()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessage("port must be a whole number from 1 to 65535");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 3000, 65_535})
  void readsEveryPort(int port) {
    assertThat(QueryParameters.integer("port", Integer.toString(port), 1, 65_535)).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void readsWhatIsWithinTheBounds(int number) {
    assertThat(
            QueryParameters.integer(
                "n", Integer.toString(number), Integer.MIN_VALUE, Integer.MAX_VALUE))
        .isEqualTo(number);
  }
}
