package dev.sandlot.toolbox.git;

import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Credential;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.RemoteAccess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// `/git/pull` and `/git/push`.
final class TransferEndpoints {
  private final ToolboxLimits limits;

  TransferEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  /// Pulls, fast-forward only.
  void pull(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    Git git = Git.in(exchange, body.path());
    String remote = remote(body);
    Optional<String> branch = branch(body);
    Optional<Credential> credential = body.credential();
    RemoteAccess access = url(git, remote, false).access(credential);
    String source = branch.isPresent() ? Git.HEADS + branch.get() : upstreamRef(git, remote);
    var _ =
        git.runChecked(
            GitCommand.of("pull", "--quiet", "--ff-only", "--no-rebase", "--", remote, source)
                .access(access));
    exchange.send();
  }

  /// The upstream of the current branch on this remote, or else the branch of the same name.
  private static String upstreamRef(Git git, String remote)
      throws IOException, InterruptedException {
    String current = Git.HEADS + current(git);
    String line =
        git.runChecked(
                GitCommand.of(
                    "for-each-ref",
                    "--format=%(refname) %(upstream:remotename) %(upstream:remoteref)",
                    current))
            .text()
            .lines()
            .filter(each -> each.startsWith(current + " "))
            .findFirst()
            .orElse("");
    List<String> words = Arrays.asList(line.split(" ", -1));
    boolean tracksRemote = words.size() == 3 && words.get(1).equals(remote);
    return tracksRemote && words.get(2).startsWith(Git.HEADS) ? words.get(2) : current;
  }

  /// Pushes to the branch of the same name, never forced.
  void push(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    Git git = Git.in(exchange, body.path());
    String remote = remote(body);
    Optional<String> branch = branch(body);
    Optional<Credential> credential = body.credential();
    RemoteAccess access = url(git, remote, true).access(credential);
    String branchName = branch.isPresent() ? branch.get() : current(git);
    String name = Git.HEADS + branchName;
    List<String> arguments = new ArrayList<>(List.of("push", "--porcelain", "--no-verify"));
    if (body.flag("set_upstream")) {
      arguments.add("--set-upstream");
    }
    arguments.addAll(List.of("--", remote, name + ":" + name));
    var _ = git.runChecked(GitCommand.of(arguments).access(access));
    if (body.flag("set_upstream")) {
      track(git, remote, branchName);
    }
    exchange.send();
  }

  /// Makes the remote-tracking branch. A clone of a single branch fetches no other, so git would
  /// not find the upstream that it has just set.
  private static void track(Git git, String remote, String branch)
      throws IOException, InterruptedException {
    String upstream = branch + "@{upstream}";
    if (git.run(GitCommand.of("rev-parse", "--verify", "--quiet", upstream)).succeeded()) {
      return;
    }
    var _ = git.runChecked(GitCommand.of("remote", "set-branches", "--add", "--", remote, branch));
    String trackingBranch = "refs/remotes/" + remote + "/" + branch;
    var _ = git.runChecked(GitCommand.of("update-ref", trackingBranch, Git.HEADS + branch));
  }

  private static String remote(GitBody body) {
    return RefNames.remote(body.optionalText("remote").orElse("origin"), "remote");
  }

  private static Optional<String> branch(GitBody body) {
    return body.optionalText("branch").map(name -> RefNames.branch(name, "branch"));
  }

  /// The URL of a remote. Git would take the name of a missing remote for a folder.
  private static RemoteUrl url(Git git, String remote, boolean toPush)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("remote", "get-url"));
    if (toPush) {
      arguments.add("--push");
    }
    arguments.addAll(List.of("--", remote));
    return RemoteUrl.of(git.runChecked(GitCommand.of(arguments)).line());
  }

  private static String current(Git git) throws IOException, InterruptedException {
    return git.currentBranch()
        .orElseThrow(() ->
            GitFailures.failure(
                ErrorCode.CONFLICT, "no branch is checked out; check one out, or give branch"));
  }
}
