package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.files.FileStatus.FileKind;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunOutcome.Ending;
import dev.sandlot.agentclient.process.RunSinks;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.lsp4j.DocumentSymbolParams;
import org.eclipse.lsp4j.TextDocumentIdentifier;
import org.eclipse.lsp4j.WorkspaceSymbolParams;

/// Finds symbols in a whole project. Only a file that contains the text can have a symbol of that
/// name, so `grep` selects the documents to search. Used by one thread.
final class SymbolSearch {
  /// Third-party code, often larger than the project.
  private static final List<String> FOLDERS_LEFT_OUT =
      List.of(".[!.]*", "node_modules", "site-packages", "__pycache__", "venv");

  private final AgentClient agent;
  private final ServerConnection connection;
  private final LspLimits limits;
  private final String query;
  private final long deadline;
  private String cut = "";

  SymbolSearch(AgentClient agent, ServerConnection connection, LspLimits limits, String query) {
    this.agent = agent;
    this.connection = connection;
    this.limits = limits;
    this.query = query;
    this.deadline = System.nanoTime() + limits.search().timeMax().toNanos();
  }

  /// The result.
  ///
  /// @param symbols in the contract's form
  /// @param cut the limit because of which something was left out; empty for none
  record Found(List<Map<String, Object>> symbols, String cut) {}

  Found run() throws IOException, InterruptedException {
    List<Map<String, Object>> symbols =
        switch (connection.address().language().symbols()) {
          case READ_FROM_EACH_DOCUMENT -> readEach();
          case SEARCHED_FROM_OPEN_DOCUMENTS -> search();
        };
    if (symbols.size() > limits.symbolsMax()) {
      cut = "more than " + limits.symbolsMax() + " symbols";
      symbols = symbols.subList(0, limits.symbolsMax());
    }
    return new Found(symbols, cut);
  }

  private List<Map<String, Object>> search() throws IOException, InterruptedException {
    List<String> temporary =
        connection.documents().openTemporarily(candidates(limits.search().openedMax()));
    try {
      return LspJson.symbols(
          connection.sendRequest(
              server -> server.getWorkspaceService().symbol(new WorkspaceSymbolParams(query)),
              limits.requestMax()));
    } finally {
      connection.documents().closeTemporary(temporary);
    }
  }

  private List<Map<String, Object>> readEach() throws IOException, InterruptedException {
    String lowerCaseQuery = query.toLowerCase(Locale.ROOT);
    List<Map<String, Object>> symbols = new ArrayList<>();
    for (String path : candidates(limits.search().filesMax())) {
      Duration left = Duration.ofNanos(deadline - System.nanoTime());
      if (!left.isPositive()) {
        cut = cutByTime();
        break;
      }
      try {
        for (Map<String, Object> symbol : symbolsOf(path, left)) {
          if (name(symbol).contains(lowerCaseQuery)) {
            symbols.add(symbol);
          }
        }
      } catch (OperationFailure failure) {
        if (failure.errorCode().isRefusal()) {
          throw failure; // the server has ended
        }
        cut =
            failure.errorCode() == ErrorCode.GATEWAY_TIMEOUT
                ? cutByTime()
                : "a document that the server cannot read";
      }
    }
    // Exact matches first.
    symbols.sort(Comparator.comparing(symbol -> !name(symbol).equals(lowerCaseQuery)));
    return symbols;
  }

  private List<Map<String, Object>> symbolsOf(String path, Duration limit)
      throws InterruptedException {
    String uri = FileUris.of(path);
    DocumentSymbolParams params = new DocumentSymbolParams(new TextDocumentIdentifier(uri));
    return LspJson.symbols(
        connection.sendRequest(
            server -> server.getTextDocumentService().documentSymbol(params), limit),
        uri);
  }

  private static String name(Map<String, Object> symbol) {
    return String.valueOf(symbol.get("name")).toLowerCase(Locale.ROOT);
  }

  private String cutByTime() {
    return "more than could be read in " + limits.search().timeMax().toSeconds() + " seconds";
  }

  /// Documents that contain the text, sorted, within the limits.
  private List<String> candidates(int filesMax) throws IOException, InterruptedException {
    List<String> paths = new ArrayList<>();
    long bytes = 0;
    for (String path : filesWithText()) {
      FileStatus file;
      try {
        file = agent.files().status(path);
      } catch (AgentFailure _) {
        continue; // deleted meanwhile
      }
      if (file.kind() != FileKind.REGULAR) {
        continue;
      }
      if (file.size() > limits.documentBytesMax()) {
        cut = "a file of more than " + limits.documentBytesMax() + " bytes";
        continue;
      }
      bytes += file.size();
      if (paths.size() == filesMax || bytes > limits.search().bytesMax()) {
        cut = "more than " + filesMax + " files or " + limits.search().bytesMax() + " bytes";
        break;
      }
      paths.add(path);
    }
    return paths;
  }

  private List<String> filesWithText() throws IOException, InterruptedException {
    Names names = new Names(limits.search().namesBytesMax());
    ProcessRequest grep =
        new ProcessRequest(command(), new byte[0], Map.of(), project(), limits.search().timeMax());
    try {
      RunOutcome outcome = agent.runPlatform(grep, new RunSinks(names::take, _ -> {}, () -> false));
      if (outcome instanceof RunOutcome.Exited(_, Ending ending, _)
          && ending == Ending.TIME_LIMIT) {
        cut = cutByTime();
      }
    } catch (Names.Full _) {
      cut = "more than " + limits.search().namesBytesMax() + " bytes of file names";
    }
    // There are none when the project does not exist or the image has no grep.
    return names.list(project());
  }

  private String project() {
    return connection.address().project();
  }

  private List<String> command() {
    List<String> command = new ArrayList<>(List.of("grep", "-rlsIZiF"));
    for (String suffix : connection.address().language().suffixes()) {
      command.add("--include=*." + suffix);
    }
    for (String folder : FOLDERS_LEFT_OUT) {
      command.add("--exclude-dir=" + folder);
    }
    command.addAll(List.of("-e", query, "."));
    return command;
  }

  /// Collects names of files, each with "./" before it and a NUL after it.
  private static final class Names {
    private final int bytesMax;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Names(int bytesMax) {
      this.bytesMax = bytesMax;
    }

    private static final class Full extends IOException {
      private static final long serialVersionUID = 1;
    }

    void take(ByteBuffer piece) throws IOException {
      if (bytes.size() + piece.remaining() > bytesMax) {
        throw new Full();
      }
      byte[] copy = new byte[piece.remaining()];
      piece.get(copy);
      bytes.writeBytes(copy);
    }

    List<String> list(String folder) {
      String text = bytes.toString(StandardCharsets.UTF_8);
      int end = text.lastIndexOf('\0');
      return end < 0
          ? List.of()
          : Arrays.stream(text.substring(0, end).split("\0", -1))
              .map(name -> FileUris.absolute(name, folder))
              .sorted()
              .toList();
    }
  }
}
