package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.lsp4j.DidCloseTextDocumentParams;
import org.eclipse.lsp4j.DidOpenTextDocumentParams;
import org.eclipse.lsp4j.TextDocumentIdentifier;
import org.eclipse.lsp4j.TextDocumentItem;
import org.eclipse.lsp4j.services.LanguageServer;
import tools.jackson.core.JacksonException;

/// The documents that clients have opened at one server. Their paths are also stored in labels of
/// the server's process, so that they can be opened again at its replacement. Used by one thread at
/// a time.
final class Documents {
  private static final String LABEL = "sandlot.documents.";
  private static final int LABELS_MAX = 24;
  private static final int LABEL_BYTES_MAX = 4_000;

  private final LanguageServer server;
  private final AgentClient agent;
  private final ServerAddress address;
  private final LspLimits limits;
  private final Set<String> open = new LinkedHashSet<>();
  private int labels;

  Documents(LanguageServer server, AgentClient agent, ServerAddress address, LspLimits limits) {
    this.server = server;
    this.agent = agent;
    this.address = address;
    this.limits = limits;
  }

  /// The paths in the labels of a server's process.
  static List<String> on(ProcessStatus process) {
    List<String> paths = new ArrayList<>();
    for (int number = 0; number < LABELS_MAX; number++) {
      String label = process.label(LABEL + number);
      try {
        for (Object path : label.isEmpty() ? List.of() : Json.read(label, List.class)) {
          if (path instanceof String text && text.startsWith("/") && text.indexOf('\0') < 0) {
            paths.add(text);
          }
        }
      } catch (JacksonException _) {
        // Labels are untrusted; invalid ones are skipped.
      }
    }
    return paths;
  }

  boolean contains(String path) {
    return open.contains(path);
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  /// Opens a document with the current content of its file. One that is open is closed and opened
  /// again.
  ///
  /// @throws OperationFailure when it cannot be read, or too many are open
  void open(String path) throws IOException {
    boolean known = open.contains(path);
    if (!known && open.size() >= limits.documentsMax()) {
      throw tooMany();
    }
    String text = read(path);
    if (known) {
      sendDidClose(path);
    } else {
      open.add(path);
      try {
        write();
      } catch (OperationFailure failure) {
        open.remove(path);
        throw failure;
      }
    }
    sendDidOpen(path, text);
  }

  /// Closes a document. One that is not open is no failure.
  void close(String path) {
    if (open.remove(path)) {
      sendDidClose(path);
      write();
    }
  }

  /// Opens the documents that were open at the previous server, as far as they can be read.
  void reopen(List<String> paths) throws IOException {
    for (String path : paths) {
      if (open.size() >= limits.documentsMax()) {
        return;
      }
      try {
        String text = read(path);
        if (open.add(path)) {
          sendDidOpen(path, text);
        }
      } catch (OperationFailure _) {
        // Deleted meanwhile: treated as closed.
      }
    }
    write();
  }

  /// Opens documents for one request.
  ///
  /// @return those that were not open before, to be passed to {@link #closeTemporary}
  List<String> openTemporarily(List<String> paths) throws IOException {
    List<String> temporary = new ArrayList<>();
    for (String path : paths) {
      if (!open.contains(path)) {
        sendDidOpen(path, read(path));
        temporary.add(path);
      }
    }
    return temporary;
  }

  void closeTemporary(List<String> paths) {
    paths.forEach(this::sendDidClose);
  }

  private void sendDidOpen(String path, String text) {
    server
        .getTextDocumentService()
        .didOpen(
            new DidOpenTextDocumentParams(
                new TextDocumentItem(
                    FileUris.of(path), address.language().documentKind(path), 1, text)));
  }

  private void sendDidClose(String path) {
    server
        .getTextDocumentService()
        .didClose(new DidCloseTextDocumentParams(new TextDocumentIdentifier(FileUris.of(path))));
  }

  private String read(String path) throws IOException {
    try (ReadableFile file = agent.files().read(path, 0, limits.documentBytesMax() + 1L)) {
      byte[] bytes = file.content().readNBytes(limits.documentBytesMax() + 1);
      if (bytes.length > limits.documentBytesMax()) {
        throw ToolboxFailures.badRequest(
            path + " is larger than " + limits.documentBytesMax() + " bytes and cannot be opened");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (AgentFailure failure) {
      OperationFailure reported = ToolboxFailures.of(failure, path);
      throw reported.errorCode().isRefusal()
          ? ToolboxFailures.badRequest("cannot open the document: " + reported.sentence())
          : reported;
    }
  }

  private void write() {
    List<String> texts = packed();
    Map<String, String> changes = new HashMap<>();
    for (int number = 0; number < Math.max(texts.size(), labels); number++) {
      changes.put(LABEL + number, number < texts.size() ? texts.get(number) : "");
    }
    if (!changes.isEmpty()) {
      var _ = agent.processes().label(address.processId(), changes);
    }
    labels = texts.size();
  }

  /// The paths as JSON lists, each short enough for a label.
  private List<String> packed() {
    List<String> texts = new ArrayList<>();
    List<String> list = new ArrayList<>();
    for (String path : open) {
      list.add(path);
      if (bytes(Json.text(list)) > LABEL_BYTES_MAX) {
        list.removeLast();
        if (!list.isEmpty()) {
          texts.add(Json.text(list));
        }
        list = new ArrayList<>(List.of(path));
      }
    }
    if (!list.isEmpty()) {
      texts.add(Json.text(list));
    }
    if (texts.size() > LABELS_MAX
        || texts.stream().anyMatch(text -> bytes(text) > LABEL_BYTES_MAX)) {
      throw tooMany();
    }
    return texts;
  }

  private OperationFailure tooMany() {
    return ToolboxFailures.badRequest(
        "too many documents are open, or their paths are too long; close some of the "
            + open.size()
            + ", at most "
            + limits.documentsMax()
            + " may be open");
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
