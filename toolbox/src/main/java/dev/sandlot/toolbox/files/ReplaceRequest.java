package dev.sandlot.toolbox.files;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;

/// A request to replace a text in files.
///
/// @param pattern to search for literally
record ReplaceRequest(List<String> files, String pattern, String newValue) {
  ReplaceRequest {
    files = List.copyOf(files);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static ReplaceRequest read(BodyReader body, ToolboxLimits limits) {
    BodyReader strict = body.refusing(ToolboxFailures::invalidBody);
    return new ReplaceRequest(
        strict.requiredTexts("files", limits.filesMax()),
        strict.requiredRawText("pattern"),
        strict
            .rawText("newValue")
            .orElseThrow(() -> strict.refused("newValue", "is required and must be a string")));
  }
}
