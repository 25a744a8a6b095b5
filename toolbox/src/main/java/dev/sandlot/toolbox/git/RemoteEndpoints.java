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
  private static final String BEFORE = "remote.";
  private static final String BEHIND = ".url";

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

  /// As they are written in the repository's configuration, by name.
  private static Map<String, String> urls(Git git) throws IOException, InterruptedException {
    GitCommand command =
        GitCommand.of("config", "--local", "-z", "--get-regexp", "^remote\\..*\\.url$");
    Map<String, String> urls = new TreeMap<>();
    GitResult result =
        git.each(
            command,
            "remotes",
            entry -> {
              int line = entry.indexOf('\n');
              if (line > BEFORE.length() + BEHIND.length()) {
                String name = entry.substring(BEFORE.length(), line - BEHIND.length());
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
      var _ = git.succeed(GitCommand.of("remote", "add", "--", name, url.text()));
    }
    if (body.flag("fetch")) {
      var _ = git.succeed(GitCommand.of("fetch", "--quiet", "--", name));
    }
    exchange.status(201).send();
  }

  /// Also forgets a separate address to push to: what was replaced must not get anything any more.
  private static void replace(Git git, String name, String url)
      throws IOException, InterruptedException {
    var _ =
        git.succeed(
            GitCommand.of("config", "--local", "--replace-all", BEFORE + name + BEHIND, url));
    GitCommand command =
        GitCommand.of("config", "--local", "--unset-all", BEFORE + name + ".pushurl");
    GitResult result = git.run(command);
    if (!result.succeeded() && result.code() != NOTHING_TO_UNSET) {
      throw GitFailures.of(result, command.access());
    }
  }
}
