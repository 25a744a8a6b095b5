package dev.sandlot.toolbox.lsp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.lsp4j.CompletionItem;
import org.eclipse.lsp4j.CompletionList;
import org.eclipse.lsp4j.DocumentSymbol;
import org.eclipse.lsp4j.Location;
import org.eclipse.lsp4j.MarkupContent;
import org.eclipse.lsp4j.Position;
import org.eclipse.lsp4j.Range;
import org.eclipse.lsp4j.SymbolInformation;
import org.eclipse.lsp4j.SymbolKind;
import org.eclipse.lsp4j.WorkspaceSymbol;
import org.eclipse.lsp4j.WorkspaceSymbolLocation;
import org.eclipse.lsp4j.jsonrpc.messages.Either;
import org.jspecify.annotations.Nullable;

/// Converts answers of language servers to the contract's form. The library does not validate them:
/// required fields may be null, and items without them are left out.
final class LspJson {
  /// Deeper symbols are left out; programs written by people have none.
  private static final int DEPTH_MAX = 64;

  private static final Range NOWHERE = new Range(new Position(0, 0), new Position(0, 0));

  private LspJson() {}

  /// @param itemsMax beyond which the list is cut and marked incomplete
  static Map<String, Object> completions(
      @Nullable Either<List<CompletionItem>, CompletionList> answer, int itemsMax) {
    List<CompletionItem> items = List.of();
    boolean incomplete = false;
    if (answer != null && answer.isLeft()) {
      items = answer.getLeft();
    } else if (answer != null && answer.isRight() && answer.getRight().getItems() != null) {
      items = answer.getRight().getItems();
      incomplete = answer.getRight().isIncomplete();
    }
    List<Map<String, Object>> json = new ArrayList<>();
    for (CompletionItem item : items) {
      if (json.size() == itemsMax) {
        incomplete = true;
        break;
      }
      if (item != null && item.getLabel() != null) {
        json.add(completion(item));
      }
    }
    return Map.of("isIncomplete", incomplete, "items", json);
  }

  private static Map<String, Object> completion(CompletionItem item) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("label", item.getLabel());
    putIfPresent(json, "kind", item.getKind() == null ? null : item.getKind().getValue());
    putIfPresent(json, "detail", item.getDetail());
    putIfPresent(json, "documentation", documentation(item.getDocumentation()));
    putIfPresent(json, "sortText", item.getSortText());
    putIfPresent(json, "filterText", item.getFilterText());
    putIfPresent(json, "insertText", item.getInsertText());
    return json;
  }

  private static @Nullable Object documentation(@Nullable Either<String, MarkupContent> text) {
    if (text == null || text.isLeft()) {
      return text == null ? null : text.getLeft();
    }
    Map<String, Object> json = new LinkedHashMap<>();
    putIfPresent(json, "kind", text.getRight().getKind());
    putIfPresent(json, "value", text.getRight().getValue());
    return json;
  }

  private static void putIfPresent(Map<String, Object> json, String key, @Nullable Object value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  /// The symbols of a document; nested ones are flattened.
  @SuppressWarnings("deprecation") // the flat form, which the contract's clients know
  static List<Map<String, Object>> symbols(
      @Nullable List<Either<SymbolInformation, DocumentSymbol>> answer, String uri) {
    List<Map<String, Object>> json = new ArrayList<>();
    if (answer == null) {
      return json;
    }
    for (Either<SymbolInformation, DocumentSymbol> each : answer) {
      if (each != null && each.isLeft()) {
        SymbolInformation symbol = each.getLeft();
        add(json, symbol.getName(), symbol.getKind(), symbol.getLocation());
      } else if (each != null && each.isRight()) {
        addWithChildren(json, each.getRight(), uri, 0);
      }
    }
    return json;
  }

  private static void addWithChildren(
      List<Map<String, Object>> json, @Nullable DocumentSymbol symbol, String uri, int depth) {
    if (symbol == null || depth > DEPTH_MAX) {
      return;
    }
    add(json, symbol.getName(), symbol.getKind(), new Location(uri, orNowhere(symbol.getRange())));
    List<DocumentSymbol> children = symbol.getChildren();
    if (children != null) {
      children.forEach(child -> addWithChildren(json, child, uri, depth + 1));
    }
  }

  /// The symbols of a project.
  @SuppressWarnings("deprecation") // the form that most servers answer in
  static List<Map<String, Object>> symbols(
      @Nullable Either<List<? extends SymbolInformation>, List<? extends WorkspaceSymbol>> answer) {
    List<Map<String, Object>> json = new ArrayList<>();
    if (answer != null && answer.isLeft()) {
      for (SymbolInformation symbol : answer.getLeft()) {
        if (symbol != null) {
          add(json, symbol.getName(), symbol.getKind(), symbol.getLocation());
        }
      }
    } else if (answer != null && answer.isRight()) {
      for (WorkspaceSymbol symbol : answer.getRight()) {
        if (symbol != null) {
          add(json, symbol.getName(), symbol.getKind(), location(symbol.getLocation()));
        }
      }
    }
    return json;
  }

  private static @Nullable Location location(
      @Nullable Either<Location, WorkspaceSymbolLocation> place) {
    if (place == null || place.isLeft()) {
      return place == null ? null : place.getLeft();
    }
    String uri = place.getRight().getUri();
    return uri == null ? null : new Location(uri, NOWHERE);
  }

  private static void add(
      List<Map<String, Object>> json,
      @Nullable String name,
      @Nullable SymbolKind kind,
      @Nullable Location location) {
    if (name == null || kind == null || location == null || location.getUri() == null) {
      return;
    }
    Range range = orNowhere(location.getRange());
    Map<String, Object> symbol = new LinkedHashMap<>();
    symbol.put("name", name);
    symbol.put("kind", kind.getValue());
    symbol.put(
        "location",
        Map.of(
            "uri",
            location.getUri(),
            "range",
            Map.of("start", position(range.getStart()), "end", position(range.getEnd()))));
    json.add(symbol);
  }

  private static Range orNowhere(@Nullable Range range) {
    return range == null || range.getStart() == null || range.getEnd() == null ? NOWHERE : range;
  }

  private static Map<String, Integer> position(Position position) {
    return Map.of("line", position.getLine(), "character", position.getCharacter());
  }
}
