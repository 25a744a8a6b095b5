package dev.sandlot.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What ARCHITECTURE.md says and modules alone cannot hold.
class ArchitectureTest {
  private static final int CONSTRUCTOR_PARAMETERS_MAX = 7;
  private static final int PACKAGE_FILES_MAX = 25;

  /// Made by their names, or of use for constants, which the compiler copies to where they are
  /// used.
  private static final Set<String> USED_UNSEEN =
      Set.of(
          "dev.sandlot.agentclient.link.AnswerBudget", // others use its shares
          "dev.sandlot.controlplane.platform.UnixSocketFactory",
          "dev.sandlot.toolbox.sandbox.Entrypoint",
          "dev.sandlot.server.Main",
          "dev.sandlot.toolbox.git.command.GitEntries", // a fuzz target of the package above
          // Callable without HTTP, as tests of the runner do.
          "dev.sandlot.toolbox.files.FileSearch",
          "dev.sandlot.toolbox.session.Sessions",
          "dev.sandlot.toolbox.terminal.Terminals");

  /// Which package each library stays behind, so that it could be exchanged there.
  private static final Map<String, String> HIDDEN =
      Map.ofEntries(
          Map.entry("io.helidon..", "dev.sandlot.http.."), // ADR 1
          Map.entry("io.grpc..", "dev.sandlot.agentclient.."),
          Map.entry("com.google.protobuf..", "dev.sandlot.agentclient.."),
          Map.entry("com.zaxxer..", "dev.sandlot.controlplane.platform.."),
          Map.entry("org.flywaydb..", "dev.sandlot.controlplane.platform.."),
          Map.entry("org.postgresql..", "dev.sandlot.controlplane.platform.."),
          Map.entry("org.xbill..", "dev.sandlot.runner.dns.."),
          Map.entry("org.apache.commons.fileupload2..", "dev.sandlot.toolbox.files.."),
          Map.entry("org.eclipse.lsp4j..", "dev.sandlot.toolbox.lsp.."),
          Map.entry("org.apache.hc..", "dev.sandlot.proxy.."),
          Map.entry("io.opentelemetry.sdk..", "dev.sandlot.server.."),
          Map.entry("io.prometheus..", "dev.sandlot.server.."));

  private static final Set<String> EMPTY_SUFFIXES =
      Set.of(
          "Manager", "Service", "Helper", "Util", "Utils", "Handler", "Impl", "Base", "Dto", "Info",
          "Data");

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.sandlot")
          .that(
              new DescribedPredicate<JavaClass>("written by us") {
                @Override
                public boolean test(JavaClass type) {
                  return !type.getPackageName().startsWith("dev.sandlot.agent.v1")
                      && !type.getPackageName().equals("dev.sandlot.testing"); // for tests alone
                }
              });

  @Test
  void packagesAreCutByCapability() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..controllers..",
            "..services..",
            "..service..",
            "..dto..",
            "..entities..",
            "..utils..",
            "..util..",
            "..helpers..",
            "..managers..",
            "..impl..",
            "..common..",
            "..misc..")
        .because("what changes together lies together")
        .check(OURS);
  }

  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    Set<Path> silent = new TreeSet<>();
    for (Path file : SourceTree.files(path -> path.matches(".*/src/main/java/.*\\.java"))) {
      Path description = file.resolveSibling("package-info.java");
      if (!SourceTree.exists(description)
          || !SourceTree.text(description).startsWith("///")
          || !SourceTree.text(description).contains("@NullMarked")) {
        silent.add(file.getParent());
      }
    }

    assertThat(silent).as("packages without a sentence in package-info.java").isEmpty();
  }

  @Test
  void onlyWhatOthersUseIsPublic() {
    Set<String> hidden = new TreeSet<>();
    for (JavaClass type : OURS) {
      boolean seen =
          type.getDirectDependenciesToSelf().stream()
              .map(Dependency::getOriginClass)
              .anyMatch(user ->
                  !user.getPackageName().equals(type.getPackageName()) || shows(user, type));
      if (type.isTopLevelClass()
          && isPublic(type)
          && !seen
          && !USED_UNSEEN.contains(type.getName())) {
        hidden.add(type.getName());
      }
    }

    assertThat(hidden).as("public types that only their own package uses").isEmpty();
  }

  /// Whether a public type has a type in what others call of it.
  private static boolean shows(JavaClass user, JavaClass type) {
    return isPublic(user)
        && !user.equals(type)
        && user.getMembers().stream()
            .filter(member -> member.getModifiers().contains(JavaModifier.PUBLIC))
            .anyMatch(member -> member.getAllInvolvedRawTypes().contains(type));
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC);
  }

  @Test
  void modulesUseWhatTheArchitectureLists() throws IOException {
    Map<String, Set<String>> allowed = allowedEdges();
    Map<String, Set<String>> uses = new TreeMap<>();
    for (JavaClass type : OURS) {
      String from = module(type);
      Set<String> to = uses.computeIfAbsent(from, _ -> new TreeSet<>());
      type.getDirectDependenciesFromSelf().stream()
          .map(use -> use.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith("dev.sandlot."))
          .map(ArchitectureTest::module)
          .filter(module -> !module.equals(from) && !module.equals("agent"))
          .forEach(to::add);
    }

    assertThat(uses).as("the table \"Modules\" of ARCHITECTURE.md").isEqualTo(allowed);
  }

  /// The rows "| `name` | `folder` | what it may use | ... |".
  private static Map<String, Set<String>> allowedEdges() throws IOException {
    Map<String, Set<String>> edges = new TreeMap<>();
    Matcher rows =
        Pattern.compile("^\\| `(\\w+)` \\| `[a-z/-]+/` \\| ([^|]*) \\|", Pattern.MULTILINE)
            .matcher(SourceTree.text(Path.of("ARCHITECTURE.md")));
    while (rows.find()) {
      edges.put(
          rows.group(1),
          Pattern.compile("`(\\w+)`")
              .matcher(rows.group(2))
              .results()
              .map(name -> name.group(1))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    return edges;
  }

  private static String module(JavaClass type) {
    return type.getPackageName().split("\\.", 4)[2];
  }

  /// A package above others counts as one of its own: it may use those below it, or they may use
  /// it.
  @Test
  void packagesHaveNoCycles() {
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return SliceIdentifier.of(type.getPackageName());
              }

              @Override
              public String getDescription() {
                return "packages";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(OURS);
  }

  @Test
  void packagesAreSmall() throws IOException {
    Map<Path, Integer> large = new TreeMap<>();
    for (Path file : SourceTree.files(path -> path.matches(".*/src/main/java/.*\\.java"))) {
      large.merge(file.getParent(), 1, Integer::sum);
    }
    large.values().removeIf(count -> count <= PACKAGE_FILES_MAX);

    assertThat(large.keySet().stream().map(Path::toString))
        .as("packages of more than " + PACKAGE_FILES_MAX + " files; split them by capability")
        .isEmpty();
  }

  @Test
  void librariesStayBehindOnePackage() {
    HIDDEN.forEach((library, home) ->
        noClasses()
            .that()
            .resideOutsideOfPackage(home)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(library)
            .because("no framework's types are in the domain")
            .check(OURS));
  }

  @Test
  void patternsTakeLinearTime() throws IOException {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.regex..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.Scanner")
        .orShould()
        .callMethod(String.class, "matches", String.class)
        .orShould()
        .callMethod(String.class, "replaceAll", String.class, String.class)
        .orShould()
        .callMethod(String.class, "replaceFirst", String.class, String.class)
        .orShould()
        .callMethod(String.class, "split", String.class)
        .because("texts of others hold a backtracking pattern for minutes")
        .check(OURS);

    List<String> splits = new ArrayList<>();
    Pattern split =
        Pattern.compile(
            "\\.split\\((?!(?:\"(?:[^\\\\.$|()\\[{^?*+\"]|\\\\.{1,3})\")(?:, |\\)))[^)]*\\)");
    for (Path file : SourceTree.files(path -> path.matches(".*/src/main/java/.*\\.java"))) {
      split
          .matcher(SourceTree.text(file))
          .results()
          .forEach(found -> splits.add(file + ": " + found.group()));
    }
    assertThat(splits).as("texts are split at one character, which needs no pattern").isEmpty();
  }

  @Test
  void theModelNeedsTheJdkAlone() {
    classes()
        .that()
        .resideInAPackage("dev.sandlot.model..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.sandlot.model..", "java..", "javax.crypto..", "org.jspecify..")
        .because("its words mean the same everywhere")
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
  void constructorsTakeFewParts() {
    List<String> wide =
        OURS.stream()
            .filter(type -> !type.isRecord() && !type.isEnum())
            .flatMap(type -> type.getConstructors().stream())
            .filter(made -> made.getRawParameterTypes().size() > CONSTRUCTOR_PARAMETERS_MAX)
            .map(JavaConstructor::getFullName)
            .toList();

    assertThat(wide).as("more than seven parts are two classes").isEmpty();
  }

  @Test
  void nothingStaticChanges() {
    fields()
        .that()
        .areStatic()
        .should()
        .beFinal()
        .because("what is shared is handed over by constructors")
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
  void failuresSayWhatTheyAre() {
    for (Class<?> bare :
        List.of(RuntimeException.class, Exception.class, Throwable.class, Error.class)) {
      noClasses()
          .should()
          .callConstructorWhere(
              new DescribedPredicate<>("of a bare " + bare.getSimpleName()) {
                @Override
                public boolean test(JavaConstructorCall call) {
                  return call.getTargetOwner().isEquivalentTo(bare)
                      && !call.getOriginOwner().isAssignableTo(Throwable.class);
                }
              })
          .because("who catches it wants to know which failure it is")
          .check(OURS);
    }
  }

  @Test
  void capabilitiesKnowNoHttp() {
    noClasses()
        .that()
        .resideInAPackage("dev.sandlot.controlplane.*..")
        .and()
        .resideOutsideOfPackages(
            "dev.sandlot.controlplane.operation..", "dev.sandlot.controlplane.platform..")
        .and()
        .haveSimpleNameNotEndingWith("Routes")
        .and()
        .doNotHaveSimpleName("BearerToken")
        .should()
        .dependOnClassesThat(
            new DescribedPredicate<>("speak HTTP") {
              @Override
              public boolean test(JavaClass type) {
                return type.getPackageName().startsWith("dev.sandlot.http")
                    && !Set.of("Json", "BodyReader").contains(type.getSimpleName());
              }
            })
        .because("an operation can be called without HTTP, and fails without it (ADR 22)")
        .check(OURS);
    noClasses()
        .that()
        .resideInAPackage("dev.sandlot.controlplane..")
        .and()
        .doNotHaveFullyQualifiedName("dev.sandlot.controlplane.ControlPlane")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("dev.sandlot.http.HttpFailure")
        .because("an OperationFailure says what is wrong, and one table its status (ADR 22)")
        .check(OURS);
  }

  @Test
  void namesSayWhatThingsAre() {
    List<String> empty =
        OURS.stream()
            .filter(type -> saysNothing(type.getSimpleName()))
            .map(JavaClass::getName)
            .toList();

    assertThat(empty).as("such a suffix says nothing").isEmpty();
  }

  /// Whether a type's name ends in a word that would fit any type.
  static boolean saysNothing(String name) {
    return EMPTY_SUFFIXES.stream().anyMatch(name::endsWith);
  }
}
