package dev.sandlot.toolbox.lsp;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.eclipse.lsp4j.ClientCapabilities;
import org.eclipse.lsp4j.ClientInfo;
import org.eclipse.lsp4j.CompletionCapabilities;
import org.eclipse.lsp4j.CompletionItemCapabilities;
import org.eclipse.lsp4j.DocumentSymbolCapabilities;
import org.eclipse.lsp4j.InitializeParams;
import org.eclipse.lsp4j.InitializedParams;
import org.eclipse.lsp4j.SymbolCapabilities;
import org.eclipse.lsp4j.SymbolKind;
import org.eclipse.lsp4j.SymbolKindCapabilities;
import org.eclipse.lsp4j.TextDocumentClientCapabilities;
import org.eclipse.lsp4j.WorkspaceClientCapabilities;
import org.eclipse.lsp4j.WorkspaceFolder;

/// The initialize request and the initialized notification.
final class Handshake {
  private Handshake() {}

  static void with(ServerConnection connection, Duration limit) throws InterruptedException {
    InitializeParams request = request(connection.address());
    var _ = connection.sendRequest(server -> server.initialize(request), limit);
    connection.sendNotification(server -> server.initialized(new InitializedParams()));
  }

  @SuppressWarnings("deprecation") // some servers know no other root
  private static InitializeParams request(ServerAddress address) {
    String root = FileUris.of(address.project());
    InitializeParams request = new InitializeParams();
    request.setClientInfo(new ClientInfo("sandlot"));
    request.setRootUri(root);
    request.setWorkspaceFolders(List.of(new WorkspaceFolder(root, name(address.project()))));
    request.setCapabilities(capabilities());
    if (!address.language().settings().isEmpty()) {
      request.setInitializationOptions(address.language().settings());
    }
    return request;
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /// What the contract's clients support: snippets, and flat symbols of the protocol's first kinds.
  private static ClientCapabilities capabilities() {
    SymbolKindCapabilities kinds =
        new SymbolKindCapabilities(
            Arrays.stream(SymbolKind.values())
                .filter(kind -> kind.getValue() <= SymbolKind.Variable.getValue())
                .toList());
    TextDocumentClientCapabilities documents = new TextDocumentClientCapabilities();
    documents.setCompletion(new CompletionCapabilities(new CompletionItemCapabilities(true)));
    DocumentSymbolCapabilities symbols = new DocumentSymbolCapabilities(kinds);
    symbols.setHierarchicalDocumentSymbolSupport(false);
    documents.setDocumentSymbol(symbols);
    WorkspaceClientCapabilities workspace = new WorkspaceClientCapabilities();
    workspace.setSymbol(new SymbolCapabilities(kinds));
    return new ClientCapabilities(workspace, documents, null);
  }
}
