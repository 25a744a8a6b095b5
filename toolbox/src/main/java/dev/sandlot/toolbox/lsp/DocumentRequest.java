package dev.sandlot.toolbox.lsp;

import dev.sandlot.http.BodyReader;
import dev.sandlot.toolbox.call.ToolboxLimits;

/// A document at a language server.
record DocumentRequest(ServerRequest server, String uri) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static DocumentRequest read(BodyReader body, ToolboxLimits limits) {
    return new DocumentRequest(
        ServerRequest.read(body, limits), ServerRequest.path(body, "uri", limits));
  }
}
