package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.files.FileStatus.FileKind;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.eclipse.lsp4j.CompletionParams;
import org.eclipse.lsp4j.DocumentSymbolParams;
import org.eclipse.lsp4j.TextDocumentIdentifier;

/// `/lsp/*` (docs/contract/language-servers.md).
final class LspEndpoints {
  private static final String INCOMPLETE_HEADER = "X-Sandlot-Incomplete";

  private final LanguageServers servers;
  private final ToolboxLimits toolboxLimits;
  private final LspLimits limits;

  LspEndpoints(LanguageServers servers, ToolboxLimits toolboxLimits, LspLimits limits) {
    this.servers = servers;
    this.toolboxLimits = toolboxLimits;
    this.limits = limits;
  }

  void start(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    servers.start(sandbox, address(sandbox, ServerRequest.read(body(exchange), toolboxLimits)));
    exchange.send();
  }

  void stop(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    servers.stop(sandbox, address(sandbox, ServerRequest.read(body(exchange), toolboxLimits)));
    exchange.send();
  }

  void didOpen(Exchange exchange) throws IOException, InterruptedException {
    changeDocument(exchange, Documents::open);
  }

  void didClose(Exchange exchange) throws IOException, InterruptedException {
    changeDocument(exchange, Documents::close);
  }

  /// Opens or closes a document.
  private interface DocumentChange {
    void apply(Documents documents, String path) throws IOException, InterruptedException;
  }

  private void changeDocument(Exchange exchange, DocumentChange change)
      throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    DocumentRequest document = DocumentRequest.read(body(exchange), toolboxLimits);
    ServerAddress address = address(sandbox, document.server());
    String uri = document.uri();
    var _ =
        servers.call(
            sandbox,
            address,
            connection -> {
              change.apply(connection.documents(), document(sandbox, connection, uri));
              return connection;
            });
    exchange.send();
  }

  void completions(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    CompletionRequest completion = CompletionRequest.read(body(exchange), toolboxLimits);
    ServerAddress address = address(sandbox, completion.document().server());
    String uri = completion.document().uri();
    exchange.sendJson(
        servers.call(
            sandbox,
            address,
            connection ->
                withDocument(
                    sandbox,
                    connection,
                    uri,
                    path -> {
                      CompletionParams params =
                          new CompletionParams(
                              new TextDocumentIdentifier(FileUris.of(path)),
                              completion.position(),
                              completion.context());
                      return LspJson.completions(
                          connection.sendRequest(
                              server -> server.getTextDocumentService().completion(params),
                              limits.requestMax()),
                          limits.completionsMax());
                    })));
  }

  void documentSymbols(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    ServerAddress address = address(sandbox, exchange);
    String uri = query(exchange, "uri");
    List<Map<String, Object>> symbols =
        servers.call(
            sandbox,
            address,
            connection ->
                withDocument(
                    sandbox,
                    connection,
                    uri,
                    path -> {
                      String name = FileUris.of(path);
                      DocumentSymbolParams params =
                          new DocumentSymbolParams(new TextDocumentIdentifier(name));
                      return LspJson.symbols(
                          connection.sendRequest(
                              server -> server.getTextDocumentService().documentSymbol(params),
                              limits.requestMax()),
                          name);
                    }));
    boolean cut = symbols.size() > limits.symbolsMax();
    answer(
        exchange,
        cut
            ? new SymbolSearch.Found(
                symbols.subList(0, limits.symbolsMax()),
                "more than " + limits.symbolsMax() + " symbols")
            : new SymbolSearch.Found(symbols, ""));
  }

  void workspaceSymbols(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    ServerAddress address = address(sandbox, exchange);
    String completion = query(exchange, "query");
    if (completion.length() > limits.queryCharactersMax()) {
      throw ToolboxFailures.badRequest(
          "query is longer than " + limits.queryCharactersMax() + " characters");
    }
    answer(
        exchange,
        servers.call(
            sandbox,
            address,
            connection -> new SymbolSearch(sandbox.agent(), connection, limits, completion).run()));
  }

  /// Answers with symbols. The body must be a plain list, so a header says when it is incomplete.
  private static void answer(Exchange exchange, SymbolSearch.Found found) {
    if (!found.cut().isEmpty()) {
      exchange.responseHeader(INCOMPLETE_HEADER, "left out: " + found.cut());
    }
    exchange.sendJson(found.symbols());
  }

  /// A request about a document.
  private interface DocumentQuery<T> {
    T about(String path) throws IOException, InterruptedException;
  }

  /// Some servers know only open documents, so the document is opened during the request.
  private <T> T withDocument(
      RunningSandbox sandbox, ServerConnection connection, String uri, DocumentQuery<T> request)
      throws IOException, InterruptedException {
    String path = document(sandbox, connection, uri);
    List<String> temporary = connection.documents().openTemporarily(List.of(path));
    try {
      return request.about(path);
    } finally {
      connection.documents().closeTemporary(temporary);
    }
  }

  /// The path that the URI means: one of an open document, else one of an existing file.
  private static String document(RunningSandbox sandbox, ServerConnection connection, String uri)
      throws IOException, InterruptedException {
    List<String> candidates =
        FileUris.candidates(
            uri, sandbox.account().workingDirectory(), connection.address().project());
    for (String path : candidates) {
      if (connection.documents().contains(path)) {
        return path;
      }
    }
    for (String path : candidates) {
      if (isFile(sandbox, path)) {
        return path;
      }
    }
    return candidates.getFirst();
  }

  private static boolean isFile(RunningSandbox sandbox, String path) {
    try {
      return sandbox.agent().files().status(path).kind() == FileKind.REGULAR;
    } catch (AgentFailure failure) {
      return switch (failure.kind()) {
        case NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT -> false;
        default -> throw failure;
      };
    }
  }

  private BodyReader body(Exchange exchange) {
    return Calls.body(exchange, toolboxLimits).refusing(ToolboxFailures::invalidBody);
  }

  private ServerAddress address(RunningSandbox sandbox, ServerRequest completion)
      throws IOException, InterruptedException {
    return address(sandbox, completion.languageId(), completion.project());
  }

  private ServerAddress address(RunningSandbox sandbox, Exchange exchange)
      throws IOException, InterruptedException {
    return address(sandbox, query(exchange, "languageId"), query(exchange, "pathToProject"));
  }

  private ServerAddress address(RunningSandbox sandbox, String languageId, String project)
      throws IOException, InterruptedException {
    Language language =
        Language.of(languageId)
            .orElseThrow(
                () -> ToolboxFailures.badRequest("languageId must be one of " + Language.ids()));
    return new ServerAddress(
        sandbox.id(), language, FileUris.absolute(project, sandbox.account().workingDirectory()));
  }

  private String query(Exchange exchange, String name) {
    String value = exchange.query(name).orElse("");
    if (value.isEmpty()) {
      throw ToolboxFailures.badRequest(name + " is required");
    }
    return Calls.checked(value, name, toolboxLimits);
  }
}
