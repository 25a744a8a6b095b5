package dev.sandlot.toolbox.interpreter;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;

/// A request to create a context.
///
/// @param directory working directory; empty for the sandbox's
record ContextRequest(ContextLanguage language, String directory) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static ContextRequest read(BodyReader body, ToolboxLimits limits) {
    String language =
        body.rawText("language")
            .filter(text -> !text.isEmpty())
            .orElse(ContextLanguage.PYTHON.wireName());
    return new ContextRequest(
        ContextLanguage.of(language)
            .orElseThrow(() ->
                body.refused(
                    "language", "must be " + ContextLanguage.names() + ", not " + language)),
        Calls.checked(body.rawText("cwd").orElse(""), "cwd", limits));
  }
}
