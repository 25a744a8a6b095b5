package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.toolbox.call.PlainText;
import dev.sandlot.toolbox.git.command.GitLimits;

/// A request to commit what is staged.
///
/// @param path of the repository
/// @param allowEmpty whether a commit without changes is allowed
record CommitRequest(String path, String message, String author, String email, boolean allowEmpty) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static CommitRequest read(GitBody body) {
    String message = body.text("message", body.limits().bodyBytesMax());
    String author = identity(body, "author");
    String email = identity(body, "email");
    if (message.isBlank()) {
      throw body.refused("message", "must not be blank");
    }
    return new CommitRequest(body.path(), message, author, email, body.flag("allow_empty"));
  }

  private static String identity(GitBody body, String name) {
    String text = body.text(name);
    if (text.isBlank() || PlainText.holdsControls(text)) {
      throw body.refused(name, "must not be blank or hold control characters");
    }
    if (text.getBytes(UTF_8).length > GitLimits.STANDARD.nameBytesMax()) {
      throw body.refused(name, "is too long");
    }
    return text;
  }
}
