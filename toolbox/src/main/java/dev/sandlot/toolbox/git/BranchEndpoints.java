package dev.sandlot.toolbox.git;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.GitResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// `/git/branches` and `/git/checkout`.
final class BranchEndpoints {
  private static final String CURRENT = "* ";

  private final ToolboxLimits limits;

  BranchEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  void list(Exchange exchange) throws IOException, InterruptedException {
    Git git = Git.in(exchange, GitQuery.path(exchange, limits));
    List<String> branches = new ArrayList<>();
    AtomicReference<Optional<String>> current = new AtomicReference<>(Optional.empty());
    git.list(
        GitCommand.of("for-each-ref", "--format=%(HEAD) %(refname)%00", Git.HEADS),
        "branches",
        entry -> {
          int begin = entry.indexOf(Git.HEADS);
          if (begin < 0) {
            return;
          }
          String name = entry.substring(begin + Git.HEADS.length());
          branches.add(name);
          if (entry.stripLeading().startsWith(CURRENT)) {
            current.set(Optional.of(name));
          }
        });
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("branches", branches);
    if (!Calls.refusesNewFields(exchange)) {
      (current.get().isPresent() ? current.get() : git.currentBranch())
          .ifPresent(name -> json.put("current", name));
    }
    exchange.sendJson(json);
  }

  /// Creates a branch at HEAD and checks it out.
  void create(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String name = RefNames.branch(body.text("name"), "name");
    var _ =
        Git.in(exchange, body.path())
            .runChecked(GitCommand.of("checkout", "--quiet", "--no-track", "-b", name));
    exchange.send();
  }

  /// Deletes a branch, merged or not. A branch that does not exist is no failure.
  void delete(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String name = RefNames.branch(body.text("name"), "name");
    Git git = Git.in(exchange, body.path());
    GitCommand command = GitCommand.of("branch", "--delete", "--force", "--quiet", "--", name);
    GitResult result = git.run(command);
    String errors = result.errors();
    boolean absent = errors.contains("not found");
    // Clients delete the branch that they have just created; git refuses to delete the one that is
    // checked out.
    boolean checkedOut = errors.contains("used by worktree") || errors.contains("checked out at");
    if (checkedOut) {
      var _ = git.runChecked(GitCommand.of("update-ref", "-d", Git.HEADS + name));
    } else if (!result.succeeded() && !absent) {
      throw GitFailures.of(result, command.access());
    }
    exchange.send();
  }

  /// Checks out a branch, a branch of `origin` that has no local one yet, a tag or a commit.
  void checkOut(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String branch = RefNames.revision(body.text("branch"), "branch");
    var _ =
        Git.in(exchange, body.path())
            .runChecked(GitCommand.of("checkout", "--quiet", "--guess", branch, "--"));
    exchange.send();
  }
}
