package dev.sandlot.toolbox.git.command;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.HostileText;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Maps failures of git to HTTP failures (docs/contract/git.md and
/// docs/contract/transport.md#error-codes). Git's exit codes say little, so its messages decide;
/// `LC_ALL=C` makes them the same everywhere. A sandbox can forge them, but deceives only its own
/// caller.
public final class GitFailures {
  /// The first rule that matches a line applies.
  private static final List<Rule> RULES =
      List.of(
          rule(ErrorCode.GIT_REMOTE_REJECTED, "[remote rejected]", "pre-receive hook declined"),
          rule(ErrorCode.GIT_PUSH_REJECTED, "[rejected]", "(fetch first)", "(non-fast-forward)"),
          rule(
              ErrorCode.GIT_AUTH_FAILED,
              "Authentication failed for",
              "could not read Username",
              "could not read Password",
              "terminal prompts disabled",
              "Permission denied (…publickey",
              "requested URL returned error: 401"),
          rule(ErrorCode.FORBIDDEN, "requested URL returned error: 403"),
          rule(
              ErrorCode.GIT_TRANSPORT_FAILED,
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
              ErrorCode.GIT_REPO_NOT_FOUND,
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
              ErrorCode.GIT_BRANCH_NOT_FOUND,
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
          rule(ErrorCode.FILE_NOT_FOUND, "pathspec … did not match any", "did not match any file"),
          rule(
              ErrorCode.GIT_BRANCH_EXISTS,
              "a branch named … already exists",
              "cannot lock ref '': '' exists"),
          rule(
              ErrorCode.GIT_MERGE_CONFLICT,
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
              ErrorCode.GIT_DIRTY_WORKTREE,
              "would be overwritten",
              "would lose",
              "not uptodate",
              "unstaged changes",
              "local changes",
              "uncommitted changes",
              "commit your changes or stash"),
          rule(
              ErrorCode.FILE_ACCESS_DENIED,
              "Permission denied",
              "insufficient permission",
              "Read-only"),
          rule(
              ErrorCode.CONFLICT,
              "already exists",
              "could not lock",
              "File exists",
              "Another git process",
              "in use by worktree",
              "used by worktree",
              "already checked out"),
          rule(
              ErrorCode.BAD_REQUEST,
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
              ErrorCode.GIT_TRANSPORT_FAILED,
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

  private record Rule(ErrorCode error, List<MessagePattern> patterns) {
    boolean matches(List<String> lines) {
      return lines.stream()
          .anyMatch(line -> patterns.stream().anyMatch(pattern -> pattern.isIn(line)));
    }
  }

  private static Rule rule(ErrorCode error, String... patterns) {
    return new Rule(error, Arrays.stream(patterns).map(MessagePattern::of).toList());
  }

  /// The failure of a run: 422 when git gives a reason that no rule knows, else 500.
  public static OperationFailure of(GitResult result, RemoteAccess access) {
    boolean explained = result.code() > 0 && !GitMessages.oneLine(messages(result)).isEmpty();
    return explained
        ? of(result, access, ErrorCode.UNPROCESSABLE_ENTITY)
        : of(result, access, ErrorCode.INTERNAL_SERVER_ERROR);
  }

  /// The failure of a run.
  ///
  /// @param otherwise when no rule matches git's messages
  public static OperationFailure of(GitResult result, RemoteAccess access, ErrorCode otherwise) {
    int size = result.errors().length() + result.output().length;
    return HostileText.read(size, () -> classified(result, access, otherwise));
  }

  private static OperationFailure classified(
      GitResult result, RemoteAccess access, ErrorCode otherwise) {
    List<String> lines = GitMessages.withoutNames(result.errors() + "\n" + result.textEnd());
    String message = message(result, access);
    ErrorCode error =
        RULES.stream()
            .filter(each -> each.matches(lines))
            .findFirst()
            .map(Rule::error)
            .orElse(otherwise);
    return failure(error, message);
  }

  /// A failure in the toolbox's form (docs/contract/transport.md#errors-of-the-toolbox).
  public static OperationFailure failure(ErrorCode error, String sentence) {
    String kind =
        switch (error) {
          case BAD_REQUEST -> "bad request: ";
          case GIT_AUTH_FAILED -> "unauthorized: ";
          case FORBIDDEN, FILE_ACCESS_DENIED -> "forbidden: ";
          case GIT_REPO_NOT_FOUND, GIT_BRANCH_NOT_FOUND, FILE_NOT_FOUND -> "not found: ";
          case CONFLICT,
              GIT_PUSH_REJECTED,
              GIT_BRANCH_EXISTS,
              GIT_MERGE_CONFLICT,
              GIT_DIRTY_WORKTREE ->
              "conflict: ";
          case UNPROCESSABLE_ENTITY, GIT_REMOTE_REJECTED -> "unprocessable entity: ";
          case GIT_TRANSPORT_FAILED -> "bad gateway: ";
          default -> "internal server error: ";
        };
    return new OperationFailure(error, kind + sentence);
  }

  private static String messages(GitResult result) {
    return result.errors().isBlank() ? result.textEnd() : result.errors() + rejections(result);
  }

  /// Git's messages as one line, with secrets masked.
  private static String message(GitResult result, RemoteAccess access) {
    String masked = GitMessages.withoutUsers(GitMessages.oneLine(messages(result)));
    if (access instanceof RemoteAccess.Given given) {
      masked = given.credential().maskedIn(masked);
    }
    if (masked.isEmpty()) {
      return result.code() < 0
          ? "git was ended by a signal, perhaps for lack of memory"
          : "git ended with exit code " + result.code() + " and said nothing";
    }
    int max = GitLimits.STANDARD.messageCharactersMax();
    return masked.length() > max ? masked.substring(0, max) + "…" : masked;
  }

  /// The reasons in the output of `push --porcelain` why branches were rejected.
  private static String rejections(GitResult result) {
    return result
        .textEnd()
        .lines()
        .filter(line -> line.startsWith("!\t"))
        .map(line -> "\n" + line.substring(line.lastIndexOf('\t') + 1))
        .collect(Collectors.joining());
  }
}
