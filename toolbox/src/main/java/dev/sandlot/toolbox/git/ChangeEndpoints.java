package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.PlainText;
import dev.sandlot.toolbox.call.ToolboxFailures;
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
import java.util.Set;

/// Stages, commits and takes back changes.
final class ChangeEndpoints {
  private static final Set<String> RESET_MODES = Set.of("soft", "mixed", "hard", "merge", "keep");
  private static final List<String> NOTHING_STAGED =
      List.of("nothing to commit", "no changes added", "nothing added");

  private final ToolboxLimits limits;

  ChangeEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  void add(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    Git git = Git.in(exchange, body.path());
    var _ = git.succeed(withFiles(List.of("add"), body.requiredFiles()));
    exchange.send();
  }

  /// The one call that runs hooks, as whoever installed them expects (docs/adr/0007).
  void commit(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String message = body.text("message", limits.bodyBytesMax());
    String author = identity(body, "author");
    String email = identity(body, "email");
    if (message.isBlank()) {
      throw ToolboxFailures.invalidBody("message must not be blank");
    }
    List<String> arguments = new ArrayList<>(List.of("commit", "--file=-", "--cleanup=whitespace"));
    if (body.flag("allow_empty")) {
      arguments.add("--allow-empty");
    }
    GitCommand command =
        GitCommand.of(arguments)
            .input(message.getBytes(UTF_8))
            .environment(
                Map.of(
                    "GIT_AUTHOR_NAME", author,
                    "GIT_AUTHOR_EMAIL", email,
                    "GIT_COMMITTER_NAME", author,
                    "GIT_COMMITTER_EMAIL", email))
            .withHooks();
    Git git = Git.in(exchange, body.path());
    GitResult result = git.run(command);
    if (!result.succeeded()) {
      if (nothingStaged(result)) {
        throw GitFailures.failure(
            409, "CONFLICT", "nothing is staged; add files first, or set allow_empty");
      }
      // A hook's exit status is git's own 1.
      throw result.code() == 1
          ? GitFailures.of(result, command.access(), 422, "UNPROCESSABLE_ENTITY")
          : GitFailures.of(result, command.access());
    }
    String hash = git.succeed(GitCommand.of("rev-parse", "--verify", "HEAD")).line();
    exchange.sendJson(Map.of("hash", hash));
  }

  private static boolean nothingStaged(GitResult result) {
    return result
        .textEnd()
        .lines()
        .anyMatch(line -> NOTHING_STAGED.stream().anyMatch(line::startsWith));
  }

  private static String identity(GitBody body, String name) {
    String text = body.text(name);
    if (text.isBlank() || PlainText.holdsControls(text)) {
      throw ToolboxFailures.invalidBody(name + " must not be blank or hold control characters");
    }
    if (text.getBytes(UTF_8).length > GitLimits.STANDARD.nameBytesMax()) {
      throw ToolboxFailures.invalidBody(name + " is too long");
    }
    return text;
  }

  void reset(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String mode = body.optionalText("mode").orElse("mixed");
    String target = RefNames.revision(body.optionalText("target").orElse("HEAD"), "target");
    List<String> files = body.files();
    if (!RESET_MODES.contains(mode)) {
      throw ToolboxFailures.badRequest("mode must be soft, mixed, hard, merge or keep");
    }
    if (!files.isEmpty() && !mode.equals("mixed")) {
      throw ToolboxFailures.badRequest(
          "files can be reset in mode mixed only; leave out files, or the mode");
    }
    Git git = Git.in(exchange, body.path());
    var _ =
        files.isEmpty()
            ? git.succeed(GitCommand.of("reset", "--quiet", "--" + mode, target, "--"))
            : git.succeed(withFiles(List.of("reset", "--quiet", target), files));
    exchange.send();
  }

  void restore(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    boolean staged = body.flag("staged");
    boolean worktree = body.optionalFlag("worktree").orElse(!staged);
    List<String> files = body.requiredFiles();
    if (!staged && !worktree) {
      throw ToolboxFailures.badRequest("staged or worktree must be true");
    }
    if (files.isEmpty()) {
      throw ToolboxFailures.invalidBody("files must name at least one path; \".\" is all");
    }
    List<String> arguments = new ArrayList<>(List.of("restore", "--quiet"));
    body.optionalText("source")
        .ifPresent(source -> arguments.add("--source=" + RefNames.revision(source, "source")));
    if (staged) {
      arguments.add("--staged");
    }
    if (worktree) {
      arguments.add("--worktree");
    }
    var _ = Git.in(exchange, body.path()).succeed(withFiles(arguments, files));
    exchange.send();
  }

  private static GitCommand withFiles(List<String> arguments, List<String> files) {
    List<String> all = new ArrayList<>(arguments);
    all.add("--pathspec-from-file=-");
    all.add("--pathspec-file-nul");
    return GitCommand.of(all).inputFiles(files);
  }
}
