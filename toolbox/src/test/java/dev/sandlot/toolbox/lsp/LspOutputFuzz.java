package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AnswerBudget;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.eclipse.lsp4j.CompletionItem;
import org.eclipse.lsp4j.CompletionList;
import org.eclipse.lsp4j.DocumentSymbol;
import org.eclipse.lsp4j.SymbolInformation;
import org.eclipse.lsp4j.WorkspaceSymbol;
import org.eclipse.lsp4j.jsonrpc.MessageIssueException;
import org.eclipse.lsp4j.jsonrpc.json.MessageJsonHandler;
import org.eclipse.lsp4j.jsonrpc.messages.Either;
import org.eclipse.lsp4j.jsonrpc.messages.Message;
import org.eclipse.lsp4j.jsonrpc.messages.ResponseMessage;
import org.eclipse.lsp4j.jsonrpc.services.ServiceEndpoints;
import org.eclipse.lsp4j.services.LanguageServer;

/// Messages of a malicious language server.
public final class LspOutputFuzz {
  private static final List<String> QUESTIONS =
      List.of("textDocument/completion", "textDocument/documentSymbol", "workspace/symbol");
  private static final AnswerBudget.Share ANSWERS = AnswerBudget.ofHeap().share();
  private static final MessageJsonHandler JSON =
      new MessageJsonHandler(ServiceEndpoints.getSupportedMethods(LanguageServer.class));

  private LspOutputFuzz() {}

  /// Called by the fuzzer, which needs the class public for it, before it measures inputs:
  /// instrumenting the library's classes takes longer than an input may, on a machine that does
  /// other work.
  public static void fuzzerInitialize() {
    for (byte asked = 0; asked < QUESTIONS.size(); asked++) {
      fuzzerTestOneInput(new byte[] {asked, '{', '}'});
    }
  }

  /// Called by the fuzzer: the first byte selects the request.
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    int asked = (input[0] & 0xff) % QUESTIONS.size();
    JSON.setMethodProvider(_ -> QUESTIONS.get(asked));
    byte[] content = Arrays.copyOfRange(input, 1, input.length);
    Message message;
    try {
      message = new MessageDecoder(JSON, ANSWERS, LspLimits.STANDARD).decode(content);
    } catch (MessageIssueException | MessageDecoder.TooManyValues | AgentFailure _) {
      return;
    } catch (RuntimeException | StackOverflowError _) {
      return; // BoundedMessages ends the server
    }
    if (message instanceof ResponseMessage answer && answer.getResult() != null) {
      read(asked, answer.getResult());
    }
  }

  @SuppressWarnings({"unchecked", "deprecation"}) // as the endpoints of the library do
  private static void read(int asked, Object result) {
    switch (asked) {
      case 0 -> {
        Map<String, Object> json =
            LspJson.completions((Either<List<CompletionItem>, CompletionList>) result, 100);
        require(((List<?>) json.getOrDefault("items", List.of())).size() <= 100, "a short list");
      }
      case 1 ->
          LspJson.symbols((List<Either<SymbolInformation, DocumentSymbol>>) result, "file:///a");
      default ->
          LspJson.symbols(
              (Either<List<? extends SymbolInformation>, List<? extends WorkspaceSymbol>>) result);
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
