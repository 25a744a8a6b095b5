package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
  private static final List<String> NAMES =
      List.of("admin.key", "proxy.key", "health.key", "runner.key");

  @TempDir private Path folder;

  @Test
  void twoInstallationsShareNoSecret() {
    Set<String> all = new HashSet<>();
    for (String home : List.of("one", "two")) {
      Secrets secrets = new Secrets(folder.resolve(home));
      for (String name : NAMES) {
        all.add(secrets.named(name, "dtn_"));
      }
    }

    assertThat(all).hasSize(2 * NAMES.size());
    assertThat(all).allMatch(secret -> secret.matches("dtn_[0-9a-f]{64}"));
  }

  @Test
  void keepsASecretOverRestartsAndToItself() throws IOException {
    String first = new Secrets(folder).named("admin.key", "dtn_");

    assertThat(new Secrets(folder).named("admin.key", "dtn_")).isEqualTo(first);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("admin.key"))))
        .isEqualTo("rw-------");
  }

  /// Known defaults of others, and what somebody types: in every file, not the first key's alone.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "secret_api_token",
        "super_secret_key",
        "dtn_",
        "changeme",
        "dtn_0000000000000000000000000000000000000000000000000000000000000000",
        "dtn_deaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddead"
      })
  void refusesToStartWithASecretThatCanBeGuessed(String known) throws IOException {
    for (String name : List.of("admin.key", "runner.key", "cookie.key", "metrics.key")) {
      Secrets secrets = new Secrets(folder);
      Files.writeString(folder.resolve(name), known + "\n");

      assertThatThrownBy(() -> secrets.named(name, ""))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(name)
          .hasMessageContaining("openssl rand");
    }
  }
}
