package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.PlainText;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Credential;
import dev.sandlot.toolbox.git.command.GitLimits;
import java.util.List;
import java.util.Optional;

/// The body of a Git call, with readers of common fields.
record GitBody(BodyReader body, ToolboxLimits limits) {
  static GitBody read(Exchange exchange, ToolboxLimits limits) {
    return new GitBody(Calls.body(exchange, limits, ToolboxFailures::invalidBody), limits);
  }

  /// A refusal for what only the call knows to be wrong.
  RuntimeException refused(String name, String problem) {
    return body.refused(name, problem);
  }

  /// The folder of the repository.
  String path() {
    return Calls.checked(text("path"), "path", limits);
  }

  /// A required text, not empty.
  String text(String name) {
    return text(name, GitLimits.STANDARD.textCharactersMax());
  }

  /// A required text, not empty, of a given length at most.
  String text(String name, int charactersMax) {
    return body.requiredText(name, charactersMax);
  }

  /// A required text, which may be empty.
  String textOrEmpty(String name) {
    return body.text(name, GitLimits.STANDARD.textCharactersMax())
        .orElseThrow(() -> body.refused(name, "is required and must be a string"));
  }

  /// Empty when absent, null or an empty text.
  Optional<String> optionalText(String name) {
    return body.text(name, GitLimits.STANDARD.textCharactersMax()).filter(text -> !text.isEmpty());
  }

  boolean flag(String name) {
    return optionalFlag(name).orElse(false);
  }

  Optional<Boolean> optionalFlag(String name) {
    return body.flag(name);
  }

  /// An optional whole number, 1 or more.
  Optional<Integer> optionalCount(String name) {
    return body.integer(name, 1, Integer.MAX_VALUE);
  }

  /// Paths of files; empty when absent.
  List<String> files() {
    return checked(body.texts("files", limits.filesMax()).orElse(List.of()));
  }

  /// Paths of files; required.
  List<String> requiredFiles() {
    return checked(body.requiredTexts("files", limits.filesMax()));
  }

  private List<String> checked(List<String> files) {
    for (String file : files) {
      if (file.isEmpty()) {
        throw body.refused("files", "must not hold an empty path");
      }
      var _ = Calls.checked(file, "files", limits);
    }
    return files;
  }

  /// A user name and a password, when both are given (docs/contract/git.md).
  Optional<Credential> credential() {
    Optional<String> username = optionalText("username");
    Optional<String> password = optionalText("password");
    username.ifPresent(text -> checkCredential(text, "username"));
    password.ifPresent(text -> checkCredential(text, "password"));
    return username.isPresent() && password.isPresent()
        ? Optional.of(new Credential(username.get(), password.get()))
        : Optional.empty();
  }

  /// Refuses control characters: git's credential protocol is line-based.
  static void checkCredential(String text, String name) {
    if (PlainText.holdsControls(text)) {
      throw ToolboxFailures.invalidBody(name + " must not hold control characters");
    }
    int max = GitLimits.STANDARD.nameBytesMax();
    if (text.getBytes(UTF_8).length > max) {
      throw ToolboxFailures.invalidBody(name + " is longer than " + max + " bytes");
    }
  }
}
