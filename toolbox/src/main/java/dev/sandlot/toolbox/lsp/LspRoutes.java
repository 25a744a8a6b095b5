package dev.sandlot.toolbox.lsp;

import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.http.Operation;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;

/// The routes of language servers.
public final class LspRoutes {
  private final List<Operation<ToolboxAccess>> operations;

  public LspRoutes(ToolboxLimits toolboxLimits) {
    LspLimits limits = LspLimits.STANDARD;
    LspEndpoints endpoints = new LspEndpoints(new LanguageServers(limits), toolboxLimits, limits);
    operations =
        List.of(
            post("Start", "/lsp/start").does(endpoints::start),
            post("Stop", "/lsp/stop").does(endpoints::stop),
            post("DidOpen", "/lsp/did-open").does(endpoints::didOpen),
            post("DidClose", "/lsp/did-close").does(endpoints::didClose),
            post("Completions", "/lsp/completions").does(endpoints::completions),
            get("DocumentSymbols", "/lsp/document-symbols").does(endpoints::documentSymbols),
            get("WorkspaceSymbols", "/lsp/workspacesymbols").does(endpoints::workspaceSymbols));
  }

  public List<Operation<ToolboxAccess>> operations() {
    return operations;
  }
}
