package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// A record says all it holds to whoever puts it into a log line or an exception. One that holds a
/// secret says something else.
class UnsaidSecretsTest {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i).*(key|token|password|secret|secrets|passphrase|credentials|authorization)"
              + "|env|envs|environment|payload|headers|cookie");

  @Test
  void recordsDoNotSayTheirSecrets() {
    TreeSet<String> talkative = new TreeSet<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sandlot")) {
      if (type.isRecord() && holdsASecret(type) && !saysSomethingElse(type)) {
        talkative.add(type.getFullName());
      }
    }

    assertThat(talkative).as("records that need a toString without their secrets").isEmpty();
  }

  /// Numbers and words of ours, such as lengths and kinds, are none.
  private static boolean holdsASecret(JavaClass type) {
    return type.getFields().stream()
        .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
        .filter(field ->
            field.getRawType().getPackageName().startsWith("java.") || field.getRawType().isArray())
        .anyMatch(field -> SECRET.matcher(field.getName()).matches());
  }

  /// The compiler writes its own as one call that is made up when it is first needed.
  private static boolean saysSomethingElse(JavaClass type) {
    return type.tryGetMethod("toString").stream()
        .anyMatch(method ->
            !method.getMethodCallsFromSelf().isEmpty() || !method.getFieldAccesses().isEmpty());
  }
}
