package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.GitResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Stages, commits, resets and restores changes.
final class ChangeEndpoints {
  private static final List<String> NOTHING_STAGED =
      List.of("nothing to commit", "no changes added", "nothing added");

  private final ToolboxLimits limits;

  ChangeEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  void add(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    Git git = Git.in(exchange, body.path());
    var _ = git.runChecked(withFiles(List.of("add"), body.requiredFiles()));
    exchange.send();
  }

  /// Commits what is staged. The only call that runs the repository's hooks (docs/adr/0007).
  void commit(Exchange exchange) throws IOException, InterruptedException {
    CommitRequest wanted = CommitRequest.read(GitBody.read(exchange, limits));
    List<String> arguments = new ArrayList<>(List.of("commit", "--file=-", "--cleanup=whitespace"));
    if (wanted.allowEmpty()) {
      arguments.add("--allow-empty");
    }
    GitCommand command =
        GitCommand.of(arguments)
            .input(wanted.message().getBytes(UTF_8))
            .environment(
                Map.of(
                    "GIT_AUTHOR_NAME", wanted.author(),
                    "GIT_AUTHOR_EMAIL", wanted.email(),
                    "GIT_COMMITTER_NAME", wanted.author(),
                    "GIT_COMMITTER_EMAIL", wanted.email()))
            .withHooks();
    Git git = Git.in(exchange, wanted.path());
    GitResult result = git.run(command);
    if (!result.succeeded()) {
      if (nothingStaged(result)) {
        throw GitFailures.failure(
            ErrorCode.CONFLICT, "nothing is staged; add files first, or set allow_empty");
      }
      // When a hook fails, git exits with 1.
      throw result.code() == 1
          ? GitFailures.of(result, command.access(), ErrorCode.UNPROCESSABLE_ENTITY)
          : GitFailures.of(result, command.access());
    }
    String hash = git.runChecked(GitCommand.of("rev-parse", "--verify", "HEAD")).line();
    exchange.sendJson(Map.of("hash", hash));
  }

  private static boolean nothingStaged(GitResult result) {
    return result
        .textEnd()
        .lines()
        .anyMatch(line -> NOTHING_STAGED.stream().anyMatch(line::startsWith));
  }

  void reset(Exchange exchange) throws IOException, InterruptedException {
    ResetRequest wanted = ResetRequest.read(GitBody.read(exchange, limits));
    Git git = Git.in(exchange, wanted.path());
    var _ =
        wanted.files().isEmpty()
            ? git.runChecked(
                GitCommand.of("reset", "--quiet", "--" + wanted.mode(), wanted.target(), "--"))
            : git.runChecked(
                withFiles(List.of("reset", "--quiet", wanted.target()), wanted.files()));
    exchange.send();
  }

  void restore(Exchange exchange) throws IOException, InterruptedException {
    RestoreRequest wanted = RestoreRequest.read(GitBody.read(exchange, limits));
    List<String> arguments = new ArrayList<>(List.of("restore", "--quiet"));
    wanted.source().ifPresent(source -> arguments.add("--source=" + source));
    if (wanted.staged()) {
      arguments.add("--staged");
    }
    if (wanted.worktree()) {
      arguments.add("--worktree");
    }
    var _ = Git.in(exchange, wanted.path()).runChecked(withFiles(arguments, wanted.files()));
    exchange.send();
  }

  private static GitCommand withFiles(List<String> arguments, List<String> files) {
    List<String> all = new ArrayList<>(arguments);
    all.add("--pathspec-from-file=-");
    all.add("--pathspec-file-nul");
    return GitCommand.of(all).inputFiles(files);
  }
}
