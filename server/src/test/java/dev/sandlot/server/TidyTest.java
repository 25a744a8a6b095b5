package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What is asked of all files, whatever language they are in.
class TidyTest {
  private static final int FILE_LINES_MAX = 500;
  private static final int FUNCTION_LINES_MAX = 60;

  /// What is longer, and how long it may be: a list that only shrinks.
  private static final Path OVERSIZED = Path.of("server/src/test/resources/oversized.txt");

  /// Files of tests that may sleep, and how often: a list that only shrinks.
  private static final Path SLEEPS = Path.of("server/src/test/resources/sleeps.txt");

  private static final Pattern JAVA_SLEEP =
      Pattern.compile("\\b(?:Thread|(?:MILLI)?SECONDS)\\.sleep\\(|\\bparkNanos\\(");

  private static final Pattern OTHER_SLEEP =
      Pattern.compile("\\b(?:time|asyncio)\\.[sS]leep\\(|\\bsetTimeout\\b");

  private static final Pattern TYPE =
      Pattern.compile(
          "^ *(?:pub(?:\\([^)]*\\))? )?(?:[a-z-]+ )*(?:class|interface|record|enum|struct|trait) "
              + "([A-Z]\\w+)",
          Pattern.MULTILINE);

  private static boolean isCode(String path) {
    return path.matches(".*\\.(java|rs|py|sh|mjs|js)|dev|tools/bench/run|\\.ci/run");
  }

  @Test
  void filesAndFunctionsFitOnAFewScreens() throws IOException {
    List<Path> files = SourceTree.files(TidyTest::isCode);
    Map<String, Integer> sizes = new HashMap<>();
    for (Path file : files) {
      int lines = SourceTree.lines(file).size();
      if (lines > FILE_LINES_MAX) {
        sizes.put(file.toString(), lines);
      }
    }
    for (FunctionSizes.Function function : FunctionSizes.in(files)) {
      if (function.lines() > FUNCTION_LINES_MAX) {
        sizes.merge(function.toString(), function.lines(), Math::max);
      }
    }

    assertThat(new TreeMap<>(sizes))
        .as(
            "files of more than %d and functions of more than %d lines. Split what has come; what"
                + " has become shorter, write into the list as it is now",
            FILE_LINES_MAX, FUNCTION_LINES_MAX)
        .isEqualTo(known(OVERSIZED));
  }

  private static Map<String, Integer> known(Path list) throws IOException {
    Map<String, Integer> known = new TreeMap<>();
    for (String line : SourceTree.lines(list)) {
      if (!line.startsWith("#")) {
        int end = line.lastIndexOf(' ');
        known.put(line.substring(0, end), Integer.parseInt(line.substring(end + 1)));
      }
    }
    return known;
  }

  /// To sleep until something has probably happened fails on a slow machine, and makes all wait on
  /// a fast one. There are helpers that wait for a condition, or say why time has to pass.
  @Test
  void testsWaitForConditionsAndDoNotSleep() throws IOException {
    Map<String, Integer> sleeps = new TreeMap<>();
    for (Path file : SourceTree.files(TidyTest::isTest)) {
      Pattern sleep = file.toString().endsWith(".java") ? JAVA_SLEEP : OTHER_SLEEP;
      int found = (int) sleep.matcher(SourceTree.text(file)).results().count();
      if (found > 0) {
        sleeps.put(file.toString(), found);
      }
    }

    assertThat(sleeps)
        .as(
            "tests that sleep, where they should use Waiting (Java), waiting.py, waiting.mjs or"
                + " eventually (Go)")
        .isEqualTo(known(SLEEPS));
  }

  private static boolean isTest(String path) {
    return path.matches(".*/src/test/.*\\.java|libs/testing/.*|tests/.*\\.(py|mjs|go)");
  }

  @Test
  void namesSayWhatThingsAre() throws IOException {
    List<String> empty = new ArrayList<>();
    for (Path file : SourceTree.files(path -> path.matches(".*\\.(java|rs|py|mjs)"))) {
      Matcher types = TYPE.matcher(SourceTree.text(file));
      while (types.find()) {
        if (ArchitectureTest.saysNothing(types.group(1))) {
          empty.add(file + ": " + types.group(1));
        }
      }
    }

    assertThat(empty).isEmpty();
  }

  @Test
  void decisionsAreNumberedInTurn() throws IOException {
    List<Integer> numbers = new ArrayList<>();
    for (Path file : SourceTree.files(path -> path.matches("docs/adr/.*\\.md"))) {
      Matcher name =
          Pattern.compile("(\\d{4})-[a-z0-9-]+\\.md").matcher(file.getFileName().toString());
      assertThat(name.matches()).as("%s is named 0000-words.md", file).isTrue();
      int number = Integer.parseInt(name.group(1));
      assertThat(SourceTree.lines(file).getFirst()).as("%s", file).startsWith("# " + number + ". ");
      numbers.add(number);
    }

    assertThat(numbers)
        .containsExactlyElementsOf(IntStream.rangeClosed(1, numbers.size()).boxed().toList());
  }

  @Test
  void decisionsThatAreReferredToExist() throws IOException {
    List<String> unknown = new ArrayList<>();
    int decisions = SourceTree.files(path -> path.matches("docs/adr/.*\\.md")).size();
    for (Path file : SourceTree.files(path -> isCode(path) || path.endsWith(".md"))) {
      Matcher reference = Pattern.compile("\\bADR (\\d+)").matcher(SourceTree.text(file));
      while (reference.find()) {
        if (Integer.parseInt(reference.group(1)) > decisions) {
          unknown.add(file + ": " + reference.group());
        }
      }
    }

    assertThat(unknown).isEmpty();
  }

  @Test
  void pathsInTheDocumentsExist() throws IOException {
    TreeSet<String> missing = new TreeSet<>();
    Pattern paths =
        Pattern.compile("\\]\\(([\\w./-]+)(?:#[^)]*)?\\)|`((?:\\./)?[\\w.-]+(?:/[\\w.-]*)+)`");
    for (Path document : SourceTree.files(path -> path.endsWith(".md"))) {
      Matcher matcher = paths.matcher(SourceTree.text(document));
      while (matcher.find()) {
        boolean link = matcher.group(1) != null;
        String path = link ? matcher.group(1) : matcher.group(2);
        if (!link && !SourceTree.exists(Path.of(path.substring(0, path.indexOf('/'))))) {
          continue; // not a path of this repository
        }
        Path meant = link ? document.resolveSibling(path) : Path.of(path);
        if (!SourceTree.exists(meant)) {
          missing.add(document + ": " + path);
        }
      }
    }

    assertThat(missing).isEmpty();
  }

  @Test
  void testsThatTheDocumentsNameExist() throws IOException {
    TreeSet<String> missing = new TreeSet<>();
    List<String> sources =
        SourceTree.files(path -> path.endsWith(".java")).stream()
            .map(path -> path.getFileName().toString().replace(".java", ""))
            .toList();
    for (Path document : SourceTree.files(path -> path.endsWith(".md"))) {
      Matcher matcher =
          Pattern.compile("`([A-Z]\\w+(?:Test|IT|Contract))`").matcher(SourceTree.text(document));
      while (matcher.find()) {
        if (!sources.contains(matcher.group(1))) {
          missing.add(document + ": " + matcher.group(1));
        }
      }
    }

    assertThat(missing).isEmpty();
  }
}
