package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class GitFailuresTest {
  private static final RemoteAccess GIVEN =
      new RemoteAccess.Given(new Credential("robot", "s3cret/x"), "https://host");

  @Test
  void joinsGitsMessagesInOneLineWithoutAdvice() {
    OperationFailure failure =
        failure("hint: try this\nerror: first\n\u001b[31mfatal: second\rthird\n");

    assertThat(failure.sentence()).startsWith("unprocessable entity: first; ").contains("third");
    assertThat(failure.sentence()).doesNotContain("hint", "\u001b", "\n", "\r");
  }

  @Test
  void masksASecretInEveryEncoding() {
    OperationFailure failure =
        failure(
            "remote: s3cret/x s3cret%2Fx cm9ib3Q6czNjcmV0L3g=\n"
                + "fatal: unable to access 'https://u:p@host/x': no\n");

    assertThat(failure.sentence()).contains("***", "https://***@host/x");
    assertThat(failure.sentence()).doesNotContain("s3cret", "cm9ib3Q", "u:p");
    assertThat(failure.errorCode()).isEqualTo(ErrorCode.GIT_TRANSPORT_FAILED);
  }

  @Test
  void ignoresNamesInMessages() {
    assertThat(failure("fatal: repository 'https://h/SSL_certificate/' not found\n").errorCode())
        .isEqualTo(ErrorCode.GIT_REPO_NOT_FOUND);
    assertThat(
            failure(
                    "error: Your local changes to the following files would be overwritten by merge:\n"
                        + "\tAuthentication failed for\n")
                .errorCode())
        .isEqualTo(ErrorCode.GIT_DIRTY_WORKTREE);
    assertThat(failure("fatal: a branch named 'CONFLICT (x' already exists\n").errorCode())
        .isEqualTo(ErrorCode.GIT_BRANCH_EXISTS);
  }

  @Test
  void limitsTheLengthOfAMessage() {
    assertThat(failure("remote: " + "x".repeat(100_000)).sentence()).hasSizeLessThan(1_100);
  }

  @Test
  void explainsARunWithoutMessages() {
    assertThat(GitFailures.of(new GitResult(-1, new byte[0], ""), GIVEN).sentence())
        .contains("signal");
    assertThat(failure("").sentence()).contains("exit code 128");
  }

  @Test
  void answersExplainedFailuresWithAClientError() {
    Map.of(
            "git: 'remote-a' is not a git command. See 'git --help'.",
                ErrorCode.UNPROCESSABLE_ENTITY,
            "fatal: remote helper 'a' aborted session", ErrorCode.BAD_REQUEST,
            "fatal: unable to find remote helper for 'a'", ErrorCode.BAD_REQUEST,
            "fatal: strange pathname '-x' blocked", ErrorCode.UNPROCESSABLE_ENTITY,
            "fatal: something that nobody has thought of", ErrorCode.UNPROCESSABLE_ENTITY)
        .forEach((said, error) -> {
          assertThat(failure(said + "\n").errorCode()).as(said).isEqualTo(error);
          assertThat(failure(said + "\n").sentence())
              .as(said)
              .contains(said.substring(said.length() - 9));
        });
    assertThat(failure("").errorCode()).isEqualTo(ErrorCode.INTERNAL_SERVER_ERROR);
    assertThat(GitFailures.of(new GitResult(-9, new byte[0], "remote: x"), GIVEN).errorCode())
        .isEqualTo(ErrorCode.INTERNAL_SERVER_ERROR);
  }

  /// In time that grew with the square of the length, it would take hours.
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void classifiesMessagesInLinearTime() {
    for (String piece :
        List.of(
            "Remote branch ", "src refspec ", "a://b", "'", "Permission denied (", "<", "\u001b")) {
      String said = piece.repeat(2_000_000 / piece.length());
      OperationFailure failure =
          GitFailures.of(new GitResult(128, said.getBytes(UTF_8), said), GIVEN);
      assertThat(failure.sentence()).as(piece).hasSizeLessThan(1_100);
    }
  }

  @Test
  void masksEveryUserOfAUrl() {
    assertThat(failure("a://u:p@h b://h/c@d e://@f g://h@ i://j k@l").sentence())
        .endsWith("a://***@h b://h/c@d e://@f g://***@ i://j k@l");
  }

  private static OperationFailure failure(String errors) {
    return GitFailures.of(new GitResult(128, new byte[0], errors), GIVEN);
  }
}
