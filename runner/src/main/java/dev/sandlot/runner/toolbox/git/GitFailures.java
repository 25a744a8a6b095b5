package dev.sandlot.runner.toolbox.git;

import dev.sandlot.http.HttpFailure;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What git's refusals are for clients (contract: toolbox-api.md §10 and §19.4). Git has exit codes
/// for next to nothing, so its words decide; `LC_ALL=C` keeps them the same everywhere. A sandbox
/// can forge them, and deceives nobody but its own caller.
final class GitFailures {
  /// The first that fits counts.
  private static final List<Rule> RULES =
      List.of(
          rule(422, "GIT_REMOTE_REJECTED", "\\[remote rejected\\]|pre-receive hook declined"),
          rule(409, "GIT_PUSH_REJECTED", "\\[rejected\\]|\\(fetch first\\)|\\(non-fast-forward\\)"),
          rule(
              401,
              "GIT_AUTH_FAILED",
              "Authentication failed for|could not read (Username|Password)"
                  + "|terminal prompts disabled|Permission denied \\([^)]*publickey"
                  + "|requested URL returned error: 401"),
          rule(403, "FORBIDDEN", "requested URL returned error: 403"),
          rule(
              502,
              "GIT_TRANSPORT_FAILED",
              "Could not resolve host|Could not resolve proxy|requested URL returned error: (429|5)"
                  + "|Host key verification failed|server (certificate )?verification failed"
                  + "|SSL certificate problem|SSL_|gnutls_|certificate has expired"),
          rule(
              404,
              "GIT_REPO_NOT_FOUND",
              "[Rr]epository (\\S+ )?(not found|does not exist)"
                  + "|does not appear to be a git repository|not a git repository"
                  + "|can only be used inside a git repository|No such remote"
                  + "|requested URL returned error: 404"),
          rule(
              404,
              "GIT_BRANCH_NOT_FOUND",
              "Remote branch .* not found|couldn't find remote ref|src refspec .* does not match"
                  + "|invalid reference|unknown revision|bad revision|[Nn]ot a valid object name"
                  + "|not our ref|reference is not a tree|[Cc]ould not resolve|unable to resolve"
                  + "|Could not parse object|bad object|ambiguous argument"
                  + "|does not have any commits yet|Failed to resolve"),
          rule(404, "FILE_NOT_FOUND", "pathspec .* did not match any|did not match any file"),
          rule(
              409,
              "GIT_BRANCH_EXISTS",
              "a branch named .* already exists|cannot lock ref '[^']*': '[^']*' exists"),
          rule(
              409,
              "GIT_MERGE_CONFLICT",
              "unmerged|needs merge|CONFLICT \\(|resolve your current index|have not concluded"
                  + "|Not possible to fast-forward|Diverging branches|unrelated histories"
                  + "|in the middle of a|while (merging|rebasing|cherry-picking)"),
          rule(
              409,
              "GIT_DIRTY_WORKTREE",
              "would be overwritten|would lose|not uptodate|unstaged changes|local changes"
                  + "|uncommitted changes|commit your changes or stash"),
          rule(403, "FILE_ACCESS_DENIED", "Permission denied|insufficient permission|Read-only"),
          rule(
              409,
              "CONFLICT",
              "already exists|\\.lock': File exists|could not lock|File exists"
                  + "|Another git process|in use by worktree|used by worktree|already checked out"),
          rule(400, "BAD_REQUEST", "No space left on device|Disk quota exceeded"),
          rule(
              400,
              "BAD_REQUEST",
              "must be run in a work tree|is not a valid|empty ident name|name consists only of"
                  + "|ignored by one of your|empty string is not a valid pathspec"
                  + "|is outside repository|outside of|transport '.*' not allowed"
                  + "|[Ii]nvalid key|invalid refspec|Aborting commit due to empty commit message"
                  + "|does not support|beyond a symbolic link|Unable to find remote helper"),
          rule(
              502,
              "GIT_TRANSPORT_FAILED",
              "unable to access|[Ff]ailed to connect|Connection (refused|reset|timed out|closed)"
                  + "|RPC failed|early EOF|unexpected disconnect|hung up|Network is unreachable"
                  + "|[Cc]ould not read from remote|unable to connect|[Uu]nable to look up"
                  + "|protocol error|expected flush|bad line length|invalid server response"
                  + "|update url base|not valid: is this a git repository"));

  private static final Pattern NOISE =
      Pattern.compile("hint:.*|Cloning into .*|To https?:.*|Done|From .*|Updating [0-9a-f].*");
  private static final Pattern LABEL = Pattern.compile("^(fatal|error|warning): ");
  private static final Pattern USER_OF_URL = Pattern.compile("(?<=://)[^/@\\s'\"]+@");
  private static final Pattern QUOTED = Pattern.compile("'[^']*'");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}+");

  private GitFailures() {}

  private record Rule(int status, String code, Pattern words) {}

  private static Rule rule(int status, String code, String words) {
    return new Rule(status, code, Pattern.compile(words));
  }

  /// What a run that failed is answered with.
  static HttpFailure of(GitResult result, RemoteAccess access) {
    return of(result, access, 500, "INTERNAL_SERVER_ERROR");
  }

  /// @param status when git's words fit nothing that is known
  /// @param code of that
  static HttpFailure of(GitResult result, RemoteAccess access, int status, String code) {
    String said = withoutNames(result.errors() + "\n" + result.text());
    String words = words(result, access);
    Optional<Rule> rule =
        RULES.stream().filter(each -> each.words.matcher(said).find()).findFirst();
    return rule.isPresent()
        ? failure(rule.get().status, rule.get().code, words)
        : failure(status, code, words);
  }

  /// Names of files and branches, which git puts between quotes or behind a tab, could hold any of
  /// the words that decide.
  private static String withoutNames(String said) {
    return said.lines()
        .filter(line -> !line.startsWith("\t"))
        .map(line -> QUOTED.matcher(line).replaceAll("''"))
        .collect(Collectors.joining("\n"));
  }

  /// A failure in the toolbox's words (toolbox-api.md §2).
  static HttpFailure failure(int status, String code, String sentence) {
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

  /// Git's own words as one line, without secrets.
  private static String words(GitResult result, RemoteAccess access) {
    String said = result.errors().isBlank() ? result.text() : result.errors() + pushed(result);
    String line =
        said.lines()
            .map(String::strip)
            .filter(each -> !each.isEmpty() && !NOISE.matcher(each).matches())
            .map(each -> LABEL.matcher(each).replaceFirst(""))
            .distinct()
            .collect(Collectors.joining("; "));
    String plain = CONTROL.matcher(line).replaceAll(" ");
    String masked = USER_OF_URL.matcher(plain).replaceAll(Credential.MASK + "@");
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
        .text()
        .lines()
        .filter(line -> line.startsWith("!\t"))
        .map(line -> "\n" + line.substring(line.lastIndexOf('\t') + 1))
        .collect(Collectors.joining());
  }
}
