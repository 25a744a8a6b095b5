package dev.sandlot.controlplane.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An operator's database URL holds a password, which must appear in no log, whatever is wrong with
/// the URL.
class DatabaseConfigTest {
  private static final String PASSWORD = "hunter2";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u:hunter2@db:5432/sandlot",
        "postgres://u:hunter2@db/sandlot?sslmode=require",
        "postgresql://db/sandlot?user=u&password=hunter2",
        "postgresql://db/sandlot?user=u&password=hunter2@x",
        "postgresql://u:a?hunter2@db/sandlot",
        "postgresql://u:a/hunter2@db/sandlot",
        "postgresql://u:a#hunter2@db/sandlot",
        "postgresql://u:a@hunter2@db/sandlot",
        "postgresql://u:a hunter2@db/sandlot",
        "postgresql://u:hunter2@db:port/sandlot",
        "postgresql://u:%zzhunter2@db/sandlot",
        "jdbc:postgresql://db/sandlot?user=u&password=hunter2",
        "jdbc:postgresql://db/sandlot?sslpassword=hunter2",
        "jdbc:postgresql://u:hunter2@db/sandlot",
        "jdbc:postgresql://db:port/sandlot?password=hunter2",
        "jdbc:postgresql:sandlot?password=hunter2",
        "mysql://u:hunter2@db/sandlot",
        "u:hunter2@db",
      })
  void showsNoPasswordWhateverTheUrl(String url) {
    assertThat(ShownUrl.of(url)).doesNotContain(PASSWORD);
    Throwable refusal =
        catchThrowable(() -> {
          DatabaseConfig config = DatabaseConfig.ofUrl(url);
          assertThat(config.toString()).doesNotContain(PASSWORD);
          // The driver and the pool repeat it in their own messages.
          assertThat(config.jdbcUrl()).doesNotContain(PASSWORD);
        });
    for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
      assertThat(cause).isInstanceOf(IllegalArgumentException.class);
      assertThat(cause.toString()).doesNotContain(PASSWORD).contains("URL");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u:hunter2@db:5432/sandlot?sslmode=require",
        "jdbc:postgresql://db:5432/sandlot?user=u&password=hunter2&sslmode=require",
      })
  void takesAUrlApart(String url) {
    DatabaseConfig config = DatabaseConfig.ofUrl(url);

    assertThat(config.jdbcUrl()).isEqualTo("jdbc:postgresql://db:5432/sandlot");
    assertThat(config.user()).contains("u");
    assertThat(config.password()).contains(PASSWORD);
    assertThat(config.options()).isEqualTo(Map.of("sslmode", "require"));
    assertThat(ShownUrl.of(url)).endsWith("postgresql://db:5432/sandlot");
  }

  @Test
  void readsWhatIsPercentEncoded() {
    DatabaseConfig config = DatabaseConfig.ofUrl("postgresql://us%40er:p%3Aa%2F+s@db/sandlot");

    assertThat(config.user()).contains("us@er");
    assertThat(config.password()).contains("p:a/+s");
  }

  @Test
  void takesSeveralHosts() {
    assertThat(DatabaseConfig.ofUrl("jdbc:postgresql://a:1,[::1]:2/sandlot").jdbcUrl())
        .isEqualTo("jdbc:postgresql://a:1,[::1]:2/sandlot");
  }
}
