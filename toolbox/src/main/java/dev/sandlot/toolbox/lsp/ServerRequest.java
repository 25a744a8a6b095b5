package dev.sandlot.toolbox.lsp;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxLimits;

/// A language server, as named in a request.
///
/// @param project its folder, as the caller names it
record ServerRequest(String languageId, String project) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static ServerRequest read(BodyReader body, ToolboxLimits limits) {
    return new ServerRequest(path(body, "languageId", limits), path(body, "pathToProject", limits));
  }

  static String path(BodyReader body, String name, ToolboxLimits limits) {
    return Calls.checked(body.requiredRawText(name), name, limits);
  }
}
