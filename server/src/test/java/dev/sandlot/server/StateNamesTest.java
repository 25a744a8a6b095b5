package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.RunnerState;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.SnapshotState;
import dev.sandlot.model.job.JobStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// A state's name, on the wire and in the database, is written in its enum alone: who adds a state
/// looks for no copies of it. Migrations are left out, since they tell what was; `UpgradeIT` holds
/// the indexes to the enums.
class StateNamesTest {
  /// Words that are also a state's name, where they say something else: fields of answers.
  private static final Map<String, Set<String>> OTHER_WORDS =
      Map.of(
          "control-plane/src/main/java/dev/sandlot/controlplane/ControlPlane.java",
          Set.of("error"),
          "control-plane/src/main/java/dev/sandlot/controlplane/health/HealthRoutes.java",
          Set.of("error", "ready"));

  /// Toolbox and launcher speak of the states of processes, recordings and engines.
  private static final Pattern SOURCES =
      Pattern.compile(
          "(control-plane|runner|server|proxy|libs/model|libs/runtime-spi)/src/main/java/"
              + "(?!.*/(toolbox|launcher)/).*\\.java");

  private static final Pattern LITERAL =
      Pattern.compile("\"\"\"(.*?)\"\"\"|\"((?:\\\\.|[^\"\\\\\\n])*)\"", Pattern.DOTALL);

  private static final Pattern COMMENT = Pattern.compile("^\\s*//.*$", Pattern.MULTILINE);

  private static final Set<String> ENUMS =
      Stream.of(SandboxState.class, JobStatus.class, RunnerState.class, SnapshotState.class)
          .map(type -> type.getSimpleName() + ".java")
          .collect(Collectors.toSet());

  private static Set<String> names() {
    return Stream.of(
            Arrays.stream(SandboxState.values()).flatMap(one -> Stream.of(one.name(), one.wire())),
            Arrays.stream(JobStatus.values()).map(JobStatus::name),
            Arrays.stream(RunnerState.values()).map(RunnerState::wire),
            Arrays.stream(SnapshotState.values()).map(SnapshotState::wire))
        .flatMap(all -> all)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// The names that a literal is, or that SQL in it quotes.
  private static List<String> namesIn(String literal) {
    return names().stream()
        .filter(name -> literal.equals(name) || literal.contains("'" + name + "'"))
        .toList();
  }

  @Test
  void areWrittenInTheirEnumsAlone() throws IOException {
    List<String> copies = new ArrayList<>();
    for (Path file : SourceTree.files(path -> SOURCES.matcher(path).matches())) {
      if (ENUMS.contains(file.getFileName().toString())) {
        continue;
      }
      Set<String> allowed = OTHER_WORDS.getOrDefault(file.toString(), Set.of());
      Matcher literals = LITERAL.matcher(COMMENT.matcher(SourceTree.text(file)).replaceAll(""));
      while (literals.find()) {
        String literal = literals.group(1) == null ? literals.group(2) : literals.group(1);
        namesIn(literal).stream()
            .filter(name -> !allowed.contains(name))
            .forEach(name -> copies.add(file + ": " + name));
      }
    }

    assertThat(copies).as("copies of states' names; take them from the enum").isEmpty();
  }

  @Test
  void areFoundInStatementsAndAlone() {
    assertThat(namesIn("stopped")).containsExactly("stopped");
    assertThat(namesIn("WHERE state IN ('CREATING', 'STARTED')"))
        .containsExactly("CREATING", "STARTED");
    assertThat(namesIn("the sandbox has stopped")).isEmpty();
  }
}
