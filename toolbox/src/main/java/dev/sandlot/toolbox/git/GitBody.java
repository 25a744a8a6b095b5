package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.PlainText;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.git.command.Credential;
import dev.sandlot.toolbox.git.command.GitLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The body of a Git call, read field by field. What is wrong is refused by its name.
final class GitBody {
  private final JsonNode json;
  private final ToolboxLimits limits;

  private GitBody(JsonNode json, ToolboxLimits limits) {
    this.json = json;
    this.limits = limits;
  }

  static GitBody read(Exchange exchange, ToolboxLimits limits) {
    byte[] bytes = exchange.bodyBytes(limits.bodyBytesMax());
    try {
      return new GitBody(Json.object(bytes), limits);
    } catch (HttpFailure failure) {
      throw ToolboxFailures.invalidBody(failure.sentence());
    }
  }

  /// The folder of the repository.
  String path() {
    return Calls.checked(text("path"), "path", limits);
  }

  /// A text that must be there and not be empty.
  String text(String name) {
    return text(name, GitLimits.STANDARD.textCharactersMax());
  }

  /// A text that must be there and not be empty.
  String text(String name, int charactersMax) {
    return optionalText(name, charactersMax)
        .orElseThrow(() ->
            ToolboxFailures.invalidBody(
                name + " is required and must be a text that is not empty"));
  }

  /// A text that may be empty, but must be there.
  String textOrEmpty(String name) {
    JsonNode value = json.path(name);
    if (!value.isString()) {
      throw ToolboxFailures.invalidBody(name + " is required and must be text");
    }
    return checked(value.stringValue(), name, GitLimits.STANDARD.textCharactersMax());
  }

  /// Empty when absent, null or an empty text.
  Optional<String> optionalText(String name) {
    return optionalText(name, GitLimits.STANDARD.textCharactersMax());
  }

  private Optional<String> optionalText(String name, int charactersMax) {
    JsonNode value = json.path(name);
    if (absent(value)) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw ToolboxFailures.invalidBody(name + " must be text");
    }
    String text = checked(value.stringValue(), name, charactersMax);
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  boolean flag(String name) {
    return optionalFlag(name).orElse(false);
  }

  Optional<Boolean> optionalFlag(String name) {
    JsonNode value = json.path(name);
    if (absent(value)) {
      return Optional.empty();
    }
    if (!value.isBoolean()) {
      throw ToolboxFailures.invalidBody(name + " must be true or false");
    }
    return Optional.of(value.booleanValue());
  }

  /// A whole number from 1 on.
  Optional<Integer> optionalCount(String name) {
    JsonNode value = json.path(name);
    if (absent(value)) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
      throw ToolboxFailures.invalidBody(name + " must be a whole number, 1 or more");
    }
    return Optional.of(value.intValue());
  }

  /// Paths of files; empty when absent.
  List<String> files() {
    JsonNode list = json.path("files");
    List<String> files = new ArrayList<>();
    if (absent(list)) {
      return files;
    }
    if (!list.isArray() || list.size() > limits.filesMax()) {
      throw ToolboxFailures.invalidBody(
          "files must be a list of at most " + limits.filesMax() + " paths");
    }
    for (JsonNode item : list) {
      if (!item.isString() || item.stringValue().isEmpty()) {
        throw ToolboxFailures.invalidBody("files must hold texts only, none of them empty");
      }
      files.add(Calls.checked(item.stringValue(), "files", limits));
    }
    return files;
  }

  /// Paths of files, which must be there.
  List<String> requiredFiles() {
    if (absent(json.path("files"))) {
      throw ToolboxFailures.invalidBody("files is required and must be a list of paths");
    }
    return files();
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

  /// Git's protocol for credentials is one of lines.
  static void checkCredential(String text, String name) {
    if (PlainText.holdsControls(text)) {
      throw ToolboxFailures.invalidBody(name + " must not hold control characters");
    }
    int max = GitLimits.STANDARD.nameBytesMax();
    if (text.getBytes(UTF_8).length > max) {
      throw ToolboxFailures.invalidBody(name + " is longer than " + max + " bytes");
    }
  }

  private static String checked(String text, String name, int charactersMax) {
    if (text.length() > charactersMax) {
      throw ToolboxFailures.invalidBody(name + " is longer than " + charactersMax + " characters");
    }
    if (text.indexOf('\0') >= 0) {
      throw ToolboxFailures.invalidBody(name + " must not hold a NUL character");
    }
    return text;
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
