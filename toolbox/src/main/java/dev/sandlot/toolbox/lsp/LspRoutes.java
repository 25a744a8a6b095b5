package dev.sandlot.toolbox.lsp;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Route;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;

/// The routes of language servers.
public final class LspRoutes {
  private final List<Route<ToolboxAccess>> routes;

  public LspRoutes(ToolboxLimits toolboxLimits) {
    LspLimits limits = LspLimits.STANDARD;
    LspEndpoints endpoints = new LspEndpoints(new LanguageServers(limits), toolboxLimits, limits);
    this.routes =
        List.of(
            route("POST", "/start", endpoints::start),
            route("POST", "/stop", endpoints::stop),
            route("POST", "/did-open", endpoints::didOpen),
            route("POST", "/did-close", endpoints::didClose),
            route("POST", "/completions", endpoints::completions),
            route("GET", "/document-symbols", endpoints::documentSymbols),
            route("GET", "/workspacesymbols", endpoints::workspaceSymbols));
  }

  public List<Route<ToolboxAccess>> routes() {
    return routes;
  }

  private static Route<ToolboxAccess> route(String method, String path, Endpoint endpoint) {
    return new Route<>(method, "/lsp" + path, ToolboxAccess.ADMITTED_BY_PROXY, endpoint);
  }
}
