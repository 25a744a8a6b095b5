package dev.sandlot.toolbox.git.command;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.HostileText;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What git's refusals are for clients (docs/contract/git.md and
/// docs/contract/transport.md#error-codes). Git has exit codes for next to nothing, so its words
/// decide; `LC_ALL=C` keeps them the same everywhere. A sandbox can forge them, and deceives nobody
/// but its own caller.
public final class GitFailures {
  /// The first that fits a line counts.
  private static final List<Rule> RULES =
      List.of(
          rule(422, "GIT_REMOTE_REJECTED", "[remote rejected]", "pre-receive hook declined"),
          rule(409, "GIT_PUSH_REJECTED", "[rejected]", "(fetch first)", "(non-fast-forward)"),
          rule(
              401,
              "GIT_AUTH_FAILED",
              "Authentication failed for",
              "could not read Username",
              "could not read Password",
              "terminal prompts disabled",
              "Permission denied (…publickey",
              "requested URL returned error: 401"),
          rule(403, "FORBIDDEN", "requested URL returned error: 403"),
          rule(
              502,
              "GIT_TRANSPORT_FAILED",
              "Could not resolve host",
              "Could not resolve proxy",
              "requested URL returned error: 429",
              "requested URL returned error: 5",
              "Host key verification failed",
              "server verification failed",
              "server certificate verification failed",
              "SSL certificate problem",
              "SSL_",
              "gnutls_",
              "certificate has expired"),
          rule(
              404,
              "GIT_REPO_NOT_FOUND",
              "epository not found",
              "epository does not exist",
              "epository … not found",
              "epository … does not exist",
              "does not appear to be a git repository",
              "not a git repository",
              "does not look like a v… bundle file",
              "invalid gitfile format",
              "can only be used inside a git repository",
              "No such remote",
              "requested URL returned error: 404"),
          rule(
              404,
              "GIT_BRANCH_NOT_FOUND",
              "Remote branch … not found",
              "couldn't find remote ref",
              "src refspec … does not match",
              "invalid reference",
              "unknown revision",
              "bad revision",
              "ot a valid object name",
              "not our ref",
              "reference is not a tree",
              "ould not resolve",
              "unable to resolve",
              "Could not parse object",
              "bad object",
              "ambiguous argument",
              "does not have any commits yet",
              "Failed to resolve"),
          rule(404, "FILE_NOT_FOUND", "pathspec … did not match any", "did not match any file"),
          rule(
              409,
              "GIT_BRANCH_EXISTS",
              "a branch named … already exists",
              "cannot lock ref '': '' exists"),
          rule(
              409,
              "GIT_MERGE_CONFLICT",
              "unmerged",
              "needs merge",
              "CONFLICT (",
              "resolve your current index",
              "have not concluded",
              "Not possible to fast-forward",
              "Diverging branches",
              "unrelated histories",
              "in the middle of a",
              "while merging",
              "while rebasing",
              "while cherry-picking"),
          rule(
              409,
              "GIT_DIRTY_WORKTREE",
              "would be overwritten",
              "would lose",
              "not uptodate",
              "unstaged changes",
              "local changes",
              "uncommitted changes",
              "commit your changes or stash"),
          rule(
              403,
              "FILE_ACCESS_DENIED",
              "Permission denied",
              "insufficient permission",
              "Read-only"),
          rule(
              409,
              "CONFLICT",
              "already exists",
              "could not lock",
              "File exists",
              "Another git process",
              "in use by worktree",
              "used by worktree",
              "already checked out"),
          rule(
              400,
              "BAD_REQUEST",
              "No space left on device",
              "Disk quota exceeded",
              "must be run in a work tree",
              "is not a valid",
              "empty ident name",
              "name consists only of",
              "ignored by one of your",
              "empty string is not a valid pathspec",
              "is outside repository",
              "outside of",
              "transport '' not allowed",
              "nvalid key",
              "invalid refspec",
              "Aborting commit due to empty commit message",
              "does not support",
              "beyond a symbolic link",
              "nable to find remote helper",
              "remote helper '' aborted session"),
          rule(
              502,
              "GIT_TRANSPORT_FAILED",
              "unable to access",
              "ailed to connect",
              "Connection refused",
              "Connection reset",
              "Connection timed out",
              "Connection closed",
              "RPC failed",
              "early EOF",
              "unexpected disconnect",
              "hung up",
              "Network is unreachable",
              "ould not read from remote",
              "unable to connect",
              "nable to look up",
              "protocol error",
              "expected flush",
              "bad line length",
              "invalid server response",
              "update url base",
              "not valid: is this a git repository"));

  private GitFailures() {}

  private record Rule(int status, String code, List<Phrase> phrases) {
    boolean fits(List<String> lines) {
      return lines.stream()
          .anyMatch(line -> phrases.stream().anyMatch(phrase -> phrase.isIn(line)));
    }
  }

  private static Rule rule(int status, String code, String... phrases) {
    return new Rule(status, code, Arrays.stream(phrases).map(Phrase::of).toList());
  }

  /// What a run that failed is answered with. What git gives a reason for is not for us to mend.
  public static HttpFailure of(GitResult result, RemoteAccess access) {
    boolean explained = result.code() > 0 && !GitWords.oneLine(said(result)).isEmpty();
    return explained
        ? of(result, access, 422, "UNPROCESSABLE_ENTITY")
        : of(result, access, 500, "INTERNAL_SERVER_ERROR");
  }

  /// @param status when git's words fit nothing that is known
  /// @param code of that
  public static HttpFailure of(GitResult result, RemoteAccess access, int status, String code) {
    int size = result.errors().length() + result.output().length;
    return HostileText.read(size, () -> judged(result, access, status, code));
  }

  private static HttpFailure judged(
      GitResult result, RemoteAccess access, int status, String code) {
    List<String> lines = GitWords.withoutNames(result.errors() + "\n" + result.textEnd());
    String words = words(result, access);
    Optional<Rule> rule = RULES.stream().filter(each -> each.fits(lines)).findFirst();
    return rule.isPresent()
        ? failure(rule.get().status, rule.get().code, words)
        : failure(status, code, words);
  }

  /// A failure in the toolbox's words (docs/contract/transport.md#errors-of-the-toolbox).
  public static HttpFailure failure(int status, String code, String sentence) {
    String kind =
        switch (status) {
          case 400 -> "bad request: ";
          case 401 -> "unauthorized: ";
          case 403 -> "forbidden: ";
          case 404 -> "not found: ";
          case 409 -> "conflict: ";
          case 422 -> "unprocessable entity: ";
          case 502 -> "bad gateway: ";
          default -> "internal server error: ";
        };
    return new HttpFailure(status, code, kind + sentence);
  }

  private static String said(GitResult result) {
    return result.errors().isBlank() ? result.textEnd() : result.errors() + pushed(result);
  }

  /// Git's own words as one line, without secrets.
  private static String words(GitResult result, RemoteAccess access) {
    String masked = GitWords.withoutUsers(GitWords.oneLine(said(result)));
    if (access instanceof RemoteAccess.Given given) {
      masked = given.credential().maskedIn(masked);
    }
    if (masked.isEmpty()) {
      return result.code() < 0
          ? "git was ended by a signal, perhaps for lack of memory"
          : "git ended with exit code " + result.code() + " and said nothing";
    }
    int max = GitLimits.STANDARD.wordsCharactersMax();
    return masked.length() > max ? masked.substring(0, max) + "…" : masked;
  }

  /// The lines of `push --porcelain` that tell why a branch was refused.
  private static String pushed(GitResult result) {
    return result
        .textEnd()
        .lines()
        .filter(line -> line.startsWith("!\t"))
        .map(line -> "\n" + line.substring(line.lastIndexOf('\t') + 1))
        .collect(Collectors.joining());
  }
}
