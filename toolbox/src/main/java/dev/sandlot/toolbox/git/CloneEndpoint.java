package dev.sandlot.toolbox.git;

import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
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

/// Copies a repository into the sandbox: one branch of it, with its whole history.
final class CloneEndpoint {
  private static final int FULL_HASH_CHARACTERS = 40;
  private static final int REMOVALS_MAX = 5;
  private static final Duration BETWEEN_REMOVALS = Duration.ofMillis(200);

  private final ToolboxLimits limits;

  CloneEndpoint(ToolboxLimits limits) {
    this.limits = limits;
  }

  private record Order(
      RemoteUrl url,
      String path,
      Optional<String> branch,
      Optional<String> commit,
      Optional<Integer> depth,
      RemoteAccess access) {
    private static Order of(GitBody body) {
      RemoteUrl url = RemoteUrl.of(body.text("url"));
      return new Order(
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

  void copy(Exchange exchange) throws IOException, InterruptedException {
    Order order = Order.of(GitBody.read(exchange, limits));
    Git git = Git.anywhere(exchange);
    // Git removes what it made when it fails, but not when it is killed.
    boolean fresh = !git.exists(order.path);
    try {
      var _ = git.succeed(order.command());
      if (order.commit.isPresent()) {
        checkOut(exchange, order, order.commit.get(), fresh);
      }
    } catch (RunAbandoned abandoned) {
      if (fresh) {
        removeSoon(git, order.path);
      }
      throw abandoned;
    }
    exchange.send();
  }

  private static void checkOut(Exchange exchange, Order order, String commit, boolean fresh)
      throws IOException, InterruptedException {
    Git git = Git.in(exchange, order.path);
    try {
      if (!git.run(GitCommand.of("cat-file", "-e", commit + "^{commit}")).succeeded()) {
        fetch(git, order, commit);
      }
      var _ = git.succeed(GitCommand.of("checkout", "--quiet", "--detach", commit, "--"));
    } catch (HttpFailure failure) {
      git.remove(fresh ? order.path : order.path + "/.git");
      throw failure;
    }
  }

  /// The commit may be on another branch, or older than the depth. Servers give those out that a
  /// branch leads to.
  private static void fetch(Git git, Order order, String commit)
      throws IOException, InterruptedException {
    if (commit.length() >= FULL_HASH_CHARACTERS) {
      List<String> arguments = new ArrayList<>(List.of("fetch", "--quiet", "--no-tags"));
      order.depth.ifPresent(count -> arguments.add("--depth=" + count));
      arguments.addAll(List.of("--", "origin", commit));
      if (git.run(GitCommand.of(arguments).access(order.access)).succeeded()) {
        return;
      }
    }
    throw GitFailures.failure(
        404,
        "GIT_BRANCH_NOT_FOUND",
        "the commit " + commit + " is not in the branch that was cloned; give its branch");
  }

  /// The processes that were just killed may still be writing.
  private static void removeSoon(Git git, String path) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        git.remove(path);
        if (!git.exists(path)) {
          return;
        }
      } catch (HttpFailure failure) {
        if (attempt >= REMOVALS_MAX) {
          throw failure;
        }
      }
      if (attempt >= REMOVALS_MAX) {
        return;
      }
      Thread.sleep(BETWEEN_REMOVALS);
    }
  }
}
