package dev.sandlot.toolbox.lsp;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The supported languages. To add one, add a constant here and its server to the image.
enum Language {
  PYTHON(
      List.of("pylsp"),
      "python-lsp-server",
      Map.of(),
      Map.of("py", "python", "pyi", "python"),
      Symbols.READ_FROM_EACH_DOCUMENT),
  TYPESCRIPT(
      List.of("typescript-language-server", "--stdio"),
      "typescript-language-server and typescript",
      Scripts.SETTINGS,
      Scripts.SUFFIXES,
      Symbols.SEARCHED_FROM_OPEN_DOCUMENTS),
  JAVASCRIPT(
      List.of("typescript-language-server", "--stdio"),
      "typescript-language-server and typescript",
      Scripts.SETTINGS,
      Scripts.SUFFIXES,
      Symbols.SEARCHED_FROM_OPEN_DOCUMENTS);

  private final List<String> command;
  private final String packages;
  private final Map<String, Object> settings;
  private final Map<String, String> suffixes;
  private final Symbols symbols;

  /// @param command the server's program, looked up in the sandbox's PATH, and its arguments
  /// @param packages to install where the server is missing, for messages
  /// @param settings initialization options
  /// @param suffixes of its files, each with the protocol's language id
  /// @param symbols how the symbols of a project are found
  Language(
      List<String> command,
      String packages,
      Map<String, Object> settings,
      Map<String, String> suffixes,
      Symbols symbols) {
    this.command = command;
    this.packages = packages;
    this.settings = settings;
    this.suffixes = suffixes;
    this.symbols = symbols;
  }

  /// How the symbols of a whole project are found.
  enum Symbols {
    /// The server searches its open documents and the projects they belong to; it knows no document
    /// before one is opened.
    SEARCHED_FROM_OPEN_DOCUMENTS,
    /// The server has no search over a project, but answers for any document.
    READ_FROM_EACH_DOCUMENT
  }

  /// The language of this name on the wire.
  static Optional<Language> of(String id) {
    return Arrays.stream(values()).filter(language -> language.id().equals(id)).findFirst();
  }

  /// All names on the wire, for messages.
  static String ids() {
    return Arrays.stream(values()).map(Language::id).collect(Collectors.joining(", "));
  }

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  List<String> command() {
    return command;
  }

  String packages() {
    return packages;
  }

  Map<String, Object> settings() {
    return settings;
  }

  /// The suffixes of its files, without the dot.
  List<String> suffixes() {
    return suffixes.keySet().stream().sorted().toList();
  }

  Symbols symbols() {
    return symbols;
  }

  /// The protocol's language id of a file.
  String documentKind(String path) {
    String suffix = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return suffixes.getOrDefault(suffix, id());
  }

  private static final class Scripts {
    /// Keeps the server from downloading type declarations from npm.
    static final Map<String, Object> SETTINGS = Map.of("disableAutomaticTypingAcquisition", true);

    static final Map<String, String> SUFFIXES =
        Map.of(
            "ts", "typescript",
            "mts", "typescript",
            "cts", "typescript",
            "tsx", "typescriptreact",
            "js", "javascript",
            "mjs", "javascript",
            "cjs", "javascript",
            "jsx", "javascriptreact");
  }
}
