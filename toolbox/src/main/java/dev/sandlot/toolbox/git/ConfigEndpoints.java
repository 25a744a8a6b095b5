package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Git;
import dev.sandlot.toolbox.git.command.GitCommand;
import dev.sandlot.toolbox.git.command.GitFailures;
import dev.sandlot.toolbox.git.command.GitLimits;
import dev.sandlot.toolbox.git.command.GitResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// `/git/config` and `/git/credentials`.
final class ConfigEndpoints {
  private static final Pattern KEY =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]*(\\.[^[:cntrl:]]*)?\\.[A-Za-z][A-Za-z0-9-]*");
  private static final int NOT_SET = 1;

  private final ToolboxLimits limits;

  ConfigEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  /// One of git's configuration files.
  ///
  /// @param option git's option for it
  private record Scope(Git git, String option) {
    private static Scope of(
        Exchange exchange, Optional<String> scope, Optional<String> path, ToolboxLimits limits) {
      return switch (scope.orElse("global")) {
        case "global" -> new Scope(Git.inWorkingDirectory(exchange), "--global");
        case "system" -> new Scope(Git.inWorkingDirectory(exchange), "--system");
        case "local" -> {
          String folder =
              path.orElseThrow(
                  () -> ToolboxFailures.badRequest("path is required when scope is local"));
          yield new Scope(Git.in(exchange, Calls.checked(folder, "path", limits)), "--local");
        }
        default -> throw ToolboxFailures.badRequest("scope must be global, local or system");
      };
    }

    private void set(String key, String value) throws IOException, InterruptedException {
      var _ =
          git.runChecked(
              GitCommand.of("config", option, "--replace-all", "--", checked(key), value));
    }
  }

  /// Answers with a key's value; null when the key is not set.
  void get(Exchange exchange) throws IOException, InterruptedException {
    String key =
        GitQuery.text(exchange, "key")
            .orElseThrow(() -> ToolboxFailures.badRequest("key is required in the query"));
    Scope scope =
        Scope.of(
            exchange, GitQuery.text(exchange, "scope"), GitQuery.text(exchange, "path"), limits);
    GitCommand command = GitCommand.of("config", scope.option, "-z", "--get", "--", checked(key));
    GitResult result = scope.git.run(command);
    if (!result.succeeded() && (result.code() != NOT_SET || !result.errors().isBlank())) {
      throw GitFailures.of(result, command.access());
    }
    String text = result.text();
    String value = text.endsWith("\0") ? text.substring(0, text.length() - 1) : text;
    exchange.sendJson(Collections.singletonMap("value", result.succeeded() ? value : null));
  }

  void set(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String key = body.text("key");
    String value = body.textOrEmpty("value");
    scope(exchange, body).set(key, value);
    exchange.send();
  }

  void setUser(Exchange exchange) throws IOException, InterruptedException {
    GitBody body = GitBody.read(exchange, limits);
    String name = body.text("name");
    String email = body.text("email");
    Scope scope = scope(exchange, body);
    scope.set("user.name", name);
    scope.set("user.email", email);
    exchange.send();
  }

  private Scope scope(Exchange exchange, GitBody body) {
    return Scope.of(exchange, body.optionalText("scope"), body.optionalText("path"), limits);
  }

  private static String checked(String key) {
    int max = GitLimits.STANDARD.nameBytesMax();
    if (key.length() > max) {
      throw ToolboxFailures.badRequest("key is longer than " + max + " characters");
    }
    if (!KEY.matcher(key).matches()) {
      throw ToolboxFailures.badRequest("key must be like user.name or http.https://host.proxy");
    }
    return key;
  }

  /// Stores a credential for all later runs of git: in git's own file, readable by the user alone,
  /// and for this server alone. Credential helpers that the user has configured stay.
  void storeCredential(Exchange exchange) throws IOException, InterruptedException {
    CredentialRequest wanted = CredentialRequest.read(GitBody.read(exchange, limits));
    List<String> lines =
        new ArrayList<>(
            List.of(
                "protocol=" + wanted.protocol(),
                "host=" + wanted.host(),
                "username=" + wanted.username(),
                "password=" + wanted.password(),
                ""));
    Git git = Git.inWorkingDirectory(exchange);
    var _ =
        git.runChecked(
            GitCommand.of("credential-store", "store")
                .input((String.join("\n", lines) + "\n").getBytes(UTF_8)));
    String helper = "credential." + wanted.protocol() + "://" + wanted.host() + ".helper";
    var _ =
        git.runChecked(
            GitCommand.of("config", "--global", "--replace-all", helper, "store", "^store$"));
    exchange.send();
  }
}
