package dev.sandlot.toolbox.git;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.GitResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// `/git/remotes`.
final class RemoteEndpoints {
  private static final int NOT_SET = 1;
  private static final int NOTHING_TO_UNSET = 5;
  private static final String KEY_PREFIX = "remote.";
  private static final String KEY_SUFFIX = ".url";

  private final ToolboxLimits limits;

  RemoteEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  void list(Exchange exchange) throws IOException, InterruptedException {
    Map<String, String> urls = urls(Git.in(exchange, GitQuery.path(exchange, limits)));
    List<Map<String, String>> remotes = new ArrayList<>();
    urls.forEach((name, url) -> remotes.add(Map.of("name", name, "url", url)));
    exchange.sendJson(Map.of("remotes", remotes));
  }

  /// The URLs in the repository's configuration, by the remotes' names.
  private static Map<String, String> urls(Git git) throws IOException, InterruptedException {
    GitCommand command =
        GitCommand.of("config", "--local", "-z", "--get-regexp", "^remote\\..*\\.url$");
    Map<String, String> urls = new TreeMap<>();
    GitResult result =
        git.listUnchecked(
            command,
            "remotes",
            entry -> {
              int line = entry.indexOf('\n');
              if (line > KEY_PREFIX.length() + KEY_SUFFIX.length()) {
                String name = entry.substring(KEY_PREFIX.length(), line - KEY_SUFFIX.length());
                urls.putIfAbsent(name, entry.substring(line + 1));
              }
            });
    if (!result.succeeded() && (result.code() != NOT_SET || !result.errors().isBlank())) {
      throw GitFailures.of(result, command.access());
    }
    return urls;
  }

  void add(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    Git git = Git.in(exchange, body.path());
    String name = RefNames.remote(body.text("name"), "name");
    RemoteUrl url = RemoteUrl.of(body.text("url"));
    if (url.embedded().isPresent()) {
      throw ToolboxFailures.badRequest(
          "url must not hold a password, which would stay in the repository; give username and"
              + " password to pull and push, or keep them by git/credentials");
    }
    if (body.flag("overwrite") && urls(git).containsKey(name)) {
      replace(git, name, url.text());
    } else {
      var _ = git.runChecked(GitCommand.of("remote", "add", "--", name, url.text()));
    }
    if (body.flag("fetch")) {
      var _ = git.runChecked(GitCommand.of("fetch", "--quiet", "--", name));
    }
    exchange.send();
  }

  /// Replaces a remote's URL. Also removes a separate push URL, so that nothing is pushed to the
  /// old server any more.
  private static void replace(Git git, String name, String url)
      throws IOException, InterruptedException {
    var _ =
        git.runChecked(
            GitCommand.of(
                "config", "--local", "--replace-all", KEY_PREFIX + name + KEY_SUFFIX, url));
    GitCommand command =
        GitCommand.of("config", "--local", "--unset-all", KEY_PREFIX + name + ".pushurl");
    GitResult result = git.run(command);
    if (!result.succeeded() && result.code() != NOTHING_TO_UNSET) {
      throw GitFailures.of(result, command.access());
    }
  }
}
