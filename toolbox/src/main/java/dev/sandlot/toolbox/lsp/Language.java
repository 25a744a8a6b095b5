package dev.sandlot.toolbox.lsp;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// The languages with a server. One more is one more constant here, and the server in the image.
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
  /// @param packages what a sandbox without it lacks
  /// @param settings sent with the handshake
  /// @param suffixes of its files, each with the protocol's name of what is in them
  /// @param symbols how those of a project are found
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
    /// The server knows those of its open documents and of what these belong to, and knows nothing
    /// of a document before it is opened.
    SEARCHED_FROM_OPEN_DOCUMENTS,
    /// The server knows no such search, but reads any document that it is asked about.
    READ_FROM_EACH_DOCUMENT
  }

  /// The language of this name on the wire.
  static Optional<Language> of(String id) {
    return Arrays.stream(values()).filter(language -> language.id().equals(id)).findFirst();
  }

  /// All names on the wire, for a sentence.
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

  /// The protocol's name of what is in a file.
  String documentKind(String path) {
    String suffix = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return suffixes.getOrDefault(suffix, id());
  }

  private static final class Scripts {
    /// Without being asked, the server would fetch type declarations from npm.
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
