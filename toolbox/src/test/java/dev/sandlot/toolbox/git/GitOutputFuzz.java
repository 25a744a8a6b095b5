package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.link.AnswerBudget;
import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.NulSeparated;
import dev.sandlot.toolbox.git.command.Credential;
import dev.sandlot.toolbox.git.command.GitEntries;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.GitLimits;
import dev.sandlot.toolbox.git.command.GitResult;
import dev.sandlot.toolbox.git.command.RemoteAccess;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Output of a malicious git program in a sandbox.
final class GitOutputFuzz {
  private static final AnswerBudget.Share ANSWERS = AnswerBudget.ofHeap().share();
  private static final RemoteAccess GIVEN =
      new RemoteAccess.Given(new Credential("robot", "open sesame/+%"), "https://host");

  private GitOutputFuzz() {}

  /// Called by the fuzzer: the first byte selects the parser of the rest.
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] output = Arrays.copyOfRange(input, 1, input.length);
    String text = new String(output, UTF_8);
    switch (input[0] & 3) {
      case 0 -> status(output);
      case 1 -> failure(new GitResult(128, output, ""));
      case 2 -> failure(new GitResult(1, new byte[0], text));
      default -> url(text);
    }
  }

  private static void status(byte[] output) {
    WorktreeStatus.Reader reader = new WorktreeStatus.Reader();
    List<String> entries = new ArrayList<>();
    try (AnswerCharge charge = ANSWERS.open()) {
      GitEntries counted =
          new GitEntries(
              GitLimits.STANDARD,
              "files",
              charge,
              entry -> {
                entries.add(entry);
                reader.take(entry);
              });
      new NulSeparated(GitLimits.STANDARD.entryBytesMax(), counted::take)
          .write(ByteBuffer.wrap(output));
      WorktreeStatus status = reader.status();
      require(status.changes().size() <= entries.size(), "no file that was not written");
      require(status.json().containsKey("fileStatus"), "an answer");
    } catch (IllegalArgumentException refused) {
      require(String.valueOf(refused.getMessage()).contains("git status wrote"), "a reason");
    }
  }

  private static void failure(GitResult result) {
    OperationFailure failure = GitFailures.of(result, GIVEN);
    require(HttpFailure.of(failure).status() <= 502, "a refusal");
    require(failure.sentence().length() < 1_100, "a short sentence");
    require(failure.sentence().chars().noneMatch(each -> each < ' '), "no control characters");
    require(!failure.sentence().contains("open sesame/+%"), "no secret");
  }

  private static void url(String text) {
    try {
      RemoteUrl url = RemoteUrl.of(text);
      require(!url.text().startsWith("-"), "no option");
      if (url.origin().isPresent()) {
        require(
            url.text().startsWith(url.origin().get()) || url.text().contains("@"), "its server");
      }
    } catch (OperationFailure refused) {
      require(
          refused.errorCode() == ErrorCode.BAD_REQUEST
              || refused.errorCode() == ErrorCode.INVALID_REQUEST_BODY,
          "a refusal");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
