package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
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

  /// What is called like a secret and is none: a key of a keyboard, the path of a file, the name of
  /// a session, a hash, keys that mask themselves, what marks output.
  private static final Set<String> NO_SECRETS =
      Set.of(
          "dev.sandlot.controlplane.Bootstrap",
          "dev.sandlot.http.ErrorAnswers$Answer",
          "dev.sandlot.http.server.TlsFiles",
          "dev.sandlot.model.TraceContext",
          "dev.sandlot.http.websocket.WebSocketFrames$Frame",
          "dev.sandlot.proxy.access.CachedDirectory$Question",
          "dev.sandlot.toolbox.code.ChartProgram",
          "dev.sandlot.toolbox.desktop.Keys$Chord",
          "dev.sandlot.toolbox.session.Session");

  @Test
  void recordsDoNotSayTheirSecrets() {
    TreeSet<String> talkative = new TreeSet<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sandlot")) {
      if (type.isRecord()
          && !NO_SECRETS.contains(type.getFullName())
          && holdsASecret(type)
          && !saysSomethingElse(type)) {
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
