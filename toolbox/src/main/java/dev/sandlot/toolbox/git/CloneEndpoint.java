package dev.sandlot.toolbox.git;

import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.RemoteAccess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Clones one branch of a repository, with its whole history unless a depth is given.
final class CloneEndpoint {
  private static final int FULL_HASH_CHARACTERS = 40;
  private static final int REMOVAL_ATTEMPTS_MAX = 5;
  private static final Duration RETRY_PAUSE = Duration.ofMillis(200);

  private final ToolboxLimits limits;

  CloneEndpoint(ToolboxLimits limits) {
    this.limits = limits;
  }

  private record Request(
      RemoteUrl url,
      String path,
      Optional<String> branch,
      Optional<String> commit,
      Optional<Integer> depth,
      RemoteAccess access) {
    private static Request of(GitBody body) {
      RemoteUrl url = RemoteUrl.of(body.text("url"));
      return new Request(
          url,
          body.path(),
          body.optionalText("branch").map(name -> RefNames.branch(name, "branch")),
          body.optionalText("commit_id").map(hash -> RefNames.commit(hash, "commit_id")),
          body.optionalCount("depth"),
          access(url, body));
    }

    private static RemoteAccess access(RemoteUrl url, GitBody body) {
      RemoteAccess access = url.access(body.credential());
      if (!body.flag("insecure_skip_tls") || url.origin().isEmpty()) {
        return access;
      }
      if (access instanceof RemoteAccess.Given) {
        throw ToolboxFailures.badRequest(
            "insecure_skip_tls cannot be combined with a username and password, which would go to a"
                + " server that nobody has checked; set http.sslCAInfo by git/config to a file of the"
                + " sandbox with the server's certificate, and leave insecure_skip_tls out");
      }
      return new RemoteAccess.Unverified(url.origin().get());
    }

    private GitCommand command() {
      List<String> arguments =
          new ArrayList<>(List.of("clone", "--quiet", "--origin=origin", "--single-branch"));
      branch.ifPresent(name -> arguments.add("--branch=" + name));
      depth.ifPresent(count -> arguments.add("--depth=" + count));
      if (commit.isPresent()) {
        arguments.add("--no-checkout");
      }
      arguments.addAll(List.of("--", url.text(), path));
      return GitCommand.of(arguments).access(access);
    }
  }

  void cloneRepository(Exchange exchange) throws IOException, InterruptedException {
    Request request = Request.of(GitBody.read(exchange, limits));
    Git git = Git.inWorkingDirectory(exchange);
    // When git fails it removes the folder it made, but not when it is killed.
    boolean fresh = !git.exists(request.path);
    try {
      var _ = git.runChecked(request.command());
      if (request.commit.isPresent()) {
        checkOut(exchange, request, request.commit.get(), fresh);
      }
    } catch (RunAbandoned abandoned) {
      if (fresh) {
        removeWithRetries(git, request.path);
      }
      throw abandoned;
    }
    exchange.send();
  }

  private static void checkOut(Exchange exchange, Request request, String commit, boolean fresh)
      throws IOException, InterruptedException {
    Git git = Git.in(exchange, request.path);
    try {
      if (!git.run(GitCommand.of("cat-file", "-e", commit + "^{commit}")).succeeded()) {
        fetch(git, request, commit);
      }
      var _ = git.runChecked(GitCommand.of("checkout", "--quiet", "--detach", commit, "--"));
    } catch (OperationFailure failure) {
      git.remove(fresh ? request.path : request.path + "/.git");
      throw failure;
    }
  }

  /// Fetches a commit that may be on another branch or older than the depth. Servers give out
  /// commits that are reachable from a branch.
  private static void fetch(Git git, Request request, String commit)
      throws IOException, InterruptedException {
    if (commit.length() >= FULL_HASH_CHARACTERS) {
      List<String> arguments = new ArrayList<>(List.of("fetch", "--quiet", "--no-tags"));
      request.depth.ifPresent(count -> arguments.add("--depth=" + count));
      arguments.addAll(List.of("--", "origin", commit));
      if (git.run(GitCommand.of(arguments).access(request.access)).succeeded()) {
        return;
      }
    }
    throw GitFailures.failure(
        ErrorCode.GIT_BRANCH_NOT_FOUND,
        "the commit " + commit + " is not in the branch that was cloned; give its branch");
  }

  /// Removes a folder; again, because processes that were just killed may still be writing.
  private static void removeWithRetries(Git git, String path) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        git.remove(path);
        if (!git.exists(path)) {
          return;
        }
      } catch (OperationFailure failure) {
        if (attempt >= REMOVAL_ATTEMPTS_MAX) {
          throw failure;
        }
      }
      if (attempt >= REMOVAL_ATTEMPTS_MAX) {
        return;
      }
      Thread.sleep(RETRY_PAUSE);
    }
  }
}
