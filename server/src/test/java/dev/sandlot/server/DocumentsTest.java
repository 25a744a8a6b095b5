package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Documents are reached: links lead somewhere, and no source names a text that is not here.
class DocumentsTest {
  private static final Predicate<String> MARKDOWN = path -> path.endsWith(".md");
  private static final Predicate<String> SOURCE =
      path -> path.matches(".*\\.(java|rs|py|sh|mjs|js|go|proto|sql|md|xml|toml)|dev");

  private static final Pattern CODE_BLOCK =
      Pattern.compile("^```.*?^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);
  private static final Pattern SECTION = Pattern.compile("docs/contract/[a-z-]+\\.md(?:#[\\w-]+)?");

  /// The types that a README names in its table.
  private static final Pattern NAMED_TYPE =
      Pattern.compile("^\\|[^|\n]*`(?:[a-z]+\\.)*([A-Z]\\w+)`[^|\n]*\\|", Pattern.MULTILINE);

  private static final Pattern TYPE =
      Pattern.compile("\\b(?:class|interface|record|enum|struct|trait|type) ([A-Z]\\w+)");

  /// The first file of an answer, as the newcomer's page has it.
  private static final Pattern FIRST_FILE =
      Pattern.compile("^\\| [A-Z][^|]*\\? \\| `([^`]+)`", Pattern.MULTILINE);

  /// Texts that were read while this was written and are not part of it. An RFC's section is found.
  private static final Pattern ELSEWHERE =
      Pattern.compile(
          "control-api\\.md|toolbox-api\\.md|drift-0\\.\\d+|style\\.md|\\brules? \\d{1,2}[),.;:]"
              + "|(?<!RFC \\d{4} )(?<!RFC \\d{4}bis )\u00a7");

  @Test
  void linksLeadSomewhere() throws IOException {
    Set<String> broken = new TreeSet<>();
    for (Path document : SourceTree.files(MARKDOWN)) {
      for (String link : found(LINK, prose(document), 1)) {
        if (!link.matches("[a-z]+:.*") && !leadsSomewhere(document, link)) {
          broken.add(document + ": " + link);
        }
      }
    }

    assertThat(broken).as("links to a file or a heading that is not there").isEmpty();
  }

  @Test
  void citedSectionsOfTheContractExist() throws IOException {
    Set<String> broken = new TreeSet<>();
    for (Path file : SourceTree.files(SOURCE)) {
      for (String section : found(SECTION, SourceTree.text(file), 0)) {
        if (!leadsSomewhere(Path.of("README.md"), section)) {
          broken.add(file + ": " + section);
        }
      }
    }

    assertThat(broken).as("sections of docs/contract/ that code cites").isEmpty();
  }

  @Test
  void noSourceCitesWhatAReaderDoesNotHave() throws IOException {
    Set<String> cited = new TreeSet<>();
    for (Path file : SourceTree.files(SOURCE)) {
      found(ELSEWHERE, SourceTree.text(file), 0).forEach(text -> cited.add(file + ": " + text));
    }

    assertThat(cited).as("cite a section of docs/contract/ instead").isEmpty();
  }

  @Test
  void typesThatReadmesNameExist() throws IOException {
    Set<String> types = new TreeSet<>();
    for (Path file : SourceTree.files(path -> path.matches(".*\\.(java|rs|py)"))) {
      types.addAll(found(TYPE, SourceTree.text(file), 1));
    }
    Set<String> missing = new TreeSet<>();
    for (Path readme : SourceTree.files(path -> path.matches(".+/README\\.md"))) {
      for (String type : found(NAMED_TYPE, SourceTree.text(readme), 1)) {
        if (!types.contains(type)) {
          missing.add(readme + ": " + type);
        }
      }
    }

    assertThat(missing).as("types that are not there any more").isEmpty();
  }

  @Test
  void theArchitectureNamesTheFirstFileOfEachAnswer() throws IOException {
    String architecture = SourceTree.text(Path.of("ARCHITECTURE.md"));
    List<String> first = found(FIRST_FILE, SourceTree.text(Path.of("docs/newcomer.md")), 1);

    assertThat(first)
        .hasSize(6)
        .allSatisfy(file -> assertThat(architecture).contains("`" + file + "`"));
  }

  private static boolean leadsSomewhere(Path document, String link) throws IOException {
    int hash = link.indexOf('#');
    String path = hash < 0 ? link : link.substring(0, hash);
    Path meant = path.isEmpty() ? document : document.resolveSibling(path).normalize();
    return SourceTree.exists(meant)
        && (hash < 0 || anchors(meant).contains(link.substring(hash + 1)));
  }

  /// As GitHub makes them of headings.
  private static Set<String> anchors(Path document) throws IOException {
    return found(HEADING, withoutBlocks(document), 1).stream()
        .map(heading ->
            heading
                .replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
                .strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\w\\- ]", "")
                .replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  private static String prose(Path document) throws IOException {
    return CODE.matcher(withoutBlocks(document)).replaceAll("");
  }

  private static String withoutBlocks(Path document) throws IOException {
    return CODE_BLOCK.matcher(SourceTree.text(document)).replaceAll("");
  }

  private static List<String> found(Pattern pattern, String text, int group) {
    return pattern.matcher(text).results().map((MatchResult each) -> each.group(group)).toList();
  }
}
