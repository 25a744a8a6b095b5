package dev.sandlot.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathPatternTest {
  @ParameterizedTest
  @CsvSource({
    "/preview/{sandboxId}/validate/{authToken}, /preview/a/validate/s3cret, /preview/a/validate/…",
    "/preview/{signedPreviewToken}/{port}/sandbox-id, /preview/s3cret/80/sandbox-id,"
        + " /preview/…/80/sandbox-id",
    "/ports/{port}/signed-preview-url/{token}/expire, /ports/80/signed-preview-url/s%2Fcret/expire,"
        + " /ports/80/signed-preview-url/…/expire",
    "/sandbox/{sandboxIdOrName}, /sandbox/a%20b, /sandbox/a%20b",
  })
  void showsNoTokenOfAPath(String pattern, String path, String shown) {
    assertThat(new PathPattern(pattern).match(path)).isPresent();
    assertThat(new PathPattern(pattern).shown(path)).isEqualTo(shown);
  }
}
