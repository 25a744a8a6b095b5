package dev.sandlot.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What ARCHITECTURE.md says and modules alone cannot hold.
class ArchitectureTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.sandlot");

  @Test
  void processesDoNotSeeEachOther() {
    for (String process : List.of("controlplane", "runner", "proxy")) {
      for (String other : List.of("controlplane", "runner", "proxy")) {
        if (!process.equals(other)) {
          noClasses()
              .that()
              .resideInAPackage("dev.sandlot." + process + "..")
              .should()
              .dependOnClassesThat()
              .resideInAPackage("dev.sandlot." + other + "..")
              .because("each may run on a machine of its own")
              .check(OURS);
        }
      }
    }
  }

  @Test
  void helidonIsHidden() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.sandlot.http..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.helidon..")
        .because("libs/http is the only module that knows it (ADR 1)")
        .check(OURS);
  }

  @Test
  void sqlIsOnlyInPostgresClasses() {
    noClasses()
        .that()
        .haveSimpleNameNotContaining("Postgres")
        .and()
        .resideOutsideOfPackage("dev.sandlot.controlplane.platform..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "org.jdbi..")
        .because("SQL is looked for in one kind of place")
        .check(OURS);
  }

  @Test
  void theEnvironmentIsReadOnce() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.sandlot.server.Main")
        .should()
        .callMethod(System.class, "getenv")
        .orShould()
        .callMethod(System.class, "getenv", String.class)
        .because("configuration is parsed and checked before anything starts")
        .check(OURS);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.sandlot.(*)..").should().beFreeOfCycles().check(OURS);
    slices().matching("dev.sandlot.runner.(*)..").should().beFreeOfCycles().check(OURS);
    slices().matching("dev.sandlot.controlplane.(*)..").should().beFreeOfCycles().check(OURS);
  }

  @Test
  void namesSayWhatThingsAre() {
    classes()
        .that()
        .resideInAPackage("dev.sandlot..")
        .and()
        .resideOutsideOfPackage("dev.sandlot.agent.v1..")
        .should()
        .haveNameNotMatching(".*(Manager|Service|Helper|Util|Utils|Handler|Impl|Dto)")
        .because("such a suffix says nothing")
        .check(OURS);
  }

  @Test
  void pathsInTheDocumentsExist() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path document : documents()) {
      Matcher matcher =
          Pattern.compile("\\]\\(([^)#:]+)\\)|`([a-z.-]+/[A-Za-z0-9_./-]*)`")
              .matcher(Files.readString(document));
      while (matcher.find()) {
        boolean link = matcher.group(1) != null;
        String path = link ? matcher.group(1) : matcher.group(2);
        if (!link && !Files.exists(ROOT.resolve(path.substring(0, path.indexOf('/'))))) {
          continue; // not a path of this repository
        }
        if (!Files.exists(link ? document.resolveSibling(path) : ROOT.resolve(path))) {
          missing.add(ROOT.relativize(document) + ": " + path);
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    for (String name : List.of("README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md")) {
      documents.add(ROOT.resolve(name));
    }
    try (var files = Files.walk(ROOT.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
    }
    return documents;
  }
}
