package dev.sandlot.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorAnswersTest {
  @ParameterizedTest
  @CsvSource({
    "BAD_REQUEST,               400, BAD_REQUEST,               ''",
    "UNAUTHORIZED,              401, UNAUTHORIZED,              ''",
    "FORBIDDEN,                 403, FORBIDDEN,                 ''",
    "FILE_NOT_FOUND,            404, FILE_NOT_FOUND,            ''",
    "PROCESS_EXECUTION_TIMEOUT, 408, PROCESS_EXECUTION_TIMEOUT, 1",
    "CONFLICT,                  409, CONFLICT,                  ''",
    "SESSION_ENDED,             410, SESSION_ENDED,             ''",
    "PRECONDITION_FAILED,       412, BAD_REQUEST,               ''",
    "TOO_LARGE,                 413, BAD_REQUEST,               ''",
    "SERVICE_UNAVAILABLE,       503, SERVICE_UNAVAILABLE,       ''",
    "BUSY,                      503, SERVICE_UNAVAILABLE,       1",
    "GATEWAY_TIMEOUT,           504, GATEWAY_TIMEOUT,           ''",
  })
  void answersAsClientsKnowIt(ErrorCode error, int status, String code, String retryAfter) {
    HttpFailure answer = HttpFailure.of(new OperationFailure(error, "why"));

    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.code()).contains(code);
    assertThat(answer.headers().getOrDefault("Retry-After", "")).isEqualTo(retryAfter);
  }

  @ParameterizedTest
  @EnumSource
  void isTheSameKindBackAgain(ErrorCode error) {
    HttpFailure answer = HttpFailure.of(new OperationFailure(error, "why"));

    assertThat(
            HttpFailure.of(new OperationFailure(ErrorAnswers.kind(answer.status()), "")).status())
        .isEqualTo(answer.status());
  }

  @ParameterizedTest
  @EnumSource
  void isNoStatusOfTheServerWhenTheCallIsRefused(ErrorCode error) {
    int status = HttpFailure.of(new OperationFailure(error, "why")).status();

    assertThat(error.isRefusal()).isEqualTo(status < 500);
  }

  @Test
  void keepsWhatItSays() {
    HttpFailure answer =
        HttpFailure.of(
            new OperationFailure(
                ErrorCode.REQUEST_TIMEOUT, "took too long", Map.of("partialOutput", "one")));

    assertThat(answer.sentence()).isEqualTo("took too long");
    assertThat(answer.details()).isEqualTo(Map.of("partialOutput", "one"));
  }

  @Test
  void leavesWhatHttpFailsByAlone() {
    HttpFailure range =
        new HttpFailure(
            416, "BAD_REQUEST", "no such bytes", Map.of("Content-Range", "bytes */3"), Map.of());

    assertThat(HttpFailure.of(range)).isSameAs(range);
  }
}
