package dev.sandlot.toolbox.git;

import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.GitLimits;
import dev.sandlot.toolbox.git.command.GitResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Creates repositories; answers with their status and history.
final class RepositoryEndpoints {
  private final ToolboxLimits limits;

  RepositoryEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  /// Creates a repository; as in git, an existing one stays as it is.
  void initialize(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String path = body.path();
    Optional<String> branch =
        body.optionalText("initial_branch").map(name -> RefNames.branch(name, "initial_branch"));
    List<String> arguments = new ArrayList<>(List.of("init", "--quiet"));
    if (body.flag("bare")) {
      arguments.add("--bare");
    }
    branch.ifPresent(name -> arguments.add("--initial-branch=" + name));
    arguments.addAll(List.of("--", path));
    var _ = Git.inWorkingDirectory(exchange).runChecked(GitCommand.of(arguments));
    if (branch.isPresent()) {
      checkBranch(Git.in(exchange, path), branch.get());
    }
    exchange.send();
  }

  /// Git ignores the branch when the repository exists already.
  private static void checkBranch(Git git, String expected)
      throws IOException, InterruptedException {
    Optional<String> actual = git.currentBranch();
    if (!actual.equals(Optional.of(expected))) {
      throw GitFailures.failure(
          ErrorCode.CONFLICT,
          "the repository exists already and is on "
              + actual.orElse("no branch")
              + "; create the branch "
              + expected
              + " instead");
    }
  }

  /// The status. `--ahead-behind` is given because the user's configuration may turn it off.
  void status(Exchange exchange) throws IOException, InterruptedException {
    GitCommand command =
        GitCommand.of(
                "status",
                "--porcelain=v2",
                "-z",
                "--branch",
                "--ahead-behind",
                "--untracked-files=all",
                "--renames")
            .environment(Map.of("GIT_OPTIONAL_LOCKS", "0"));
    Git git = Git.in(exchange, GitQuery.path(exchange, limits));
    WorktreeStatus.Reader reader = new WorktreeStatus.Reader();
    WorktreeStatus status;
    try {
      git.list(command, "changed files", reader::take);
      status = reader.status();
    } catch (IllegalArgumentException e) {
      throw GitFailures.failure(
          ErrorCode.UNPROCESSABLE_ENTITY,
          e.getMessage() + "; is git in the sandbox the real one, 2.26 or newer?");
    }
    Map<String, Object> json = status.json();
    if (Calls.refusesNewFields(exchange)) {
      json.keySet().removeAll(WorktreeStatus.NEW_FIELDS);
    }
    exchange.sendJson(json);
  }

  void history(Exchange exchange) throws IOException, InterruptedException {
    GitCommand command =
        GitCommand.of(
            "log", "-z", HistoryAnswer.FORMAT, "--encoding=UTF-8", "--no-show-signature", "--");
    HistoryAnswer answer = new HistoryAnswer(exchange, GitLimits.STANDARD.commitBytesMax());
    GitResult result = Git.in(exchange, GitQuery.path(exchange, limits)).run(command, answer);
    boolean unborn = result.errors().contains("does not have any commits yet");
    if (!result.succeeded() && !unborn) {
      if (answer.started()) {
        exchange.abort();
      }
      throw GitFailures.of(result, command.access());
    }
    answer.finish();
  }
}
