package dev.sandlot.runner.toolbox.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.HttpFailure;
import org.junit.jupiter.api.Test;

class GitFailuresTest {
  private static final RemoteAccess GIVEN =
      new RemoteAccess.Given(new Credential("robot", "s3cret/x"), "https://host");

  @Test
  void tellsGitsWordsInOneLineWithoutItsAdvice() {
    HttpFailure failure = failure("hint: try this\nerror: first\n\u001b[31mfatal: second\rthird\n");

    assertThat(failure.sentence()).startsWith("internal server error: first; ").contains("third");
    assertThat(failure.sentence()).doesNotContain("hint", "\u001b", "\n", "\r");
  }

  @Test
  void masksASecretInEveryFormThatAServerMayRepeat() {
    HttpFailure failure =
        failure(
            "remote: s3cret/x s3cret%2Fx cm9ib3Q6czNjcmV0L3g=\n"
                + "fatal: unable to access 'https://u:p@host/x': no\n");

    assertThat(failure.sentence()).contains("***", "https://***@host/x");
    assertThat(failure.sentence()).doesNotContain("s3cret", "cm9ib3Q", "u:p");
    assertThat(failure.code()).contains("GIT_TRANSPORT_FAILED");
  }

  @Test
  void isNotMisledByNames() {
    assertThat(failure("fatal: repository 'https://h/SSL_certificate/' not found\n").code())
        .contains("GIT_REPO_NOT_FOUND");
    assertThat(
            failure(
                    "error: Your local changes to the following files would be overwritten by merge:\n"
                        + "\tAuthentication failed for\n")
                .code())
        .contains("GIT_DIRTY_WORKTREE");
    assertThat(failure("fatal: a branch named 'CONFLICT (x' already exists\n").code())
        .contains("GIT_BRANCH_EXISTS");
  }

  @Test
  void limitsWhatAServerSays() {
    assertThat(failure("remote: " + "x".repeat(100_000)).sentence()).hasSizeLessThan(1_100);
  }

  @Test
  void saysSomethingWhenGitSaidNothing() {
    assertThat(GitFailures.of(new GitResult(-1, new byte[0], ""), GIVEN).sentence())
        .contains("signal");
    assertThat(failure("").sentence()).contains("exit code 128");
  }

  private static HttpFailure failure(String errors) {
    return GitFailures.of(new GitResult(128, new byte[0], errors), GIVEN);
  }
}
