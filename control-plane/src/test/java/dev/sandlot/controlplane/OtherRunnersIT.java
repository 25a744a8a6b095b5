package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.http.Json;
import dev.sandlot.model.RunnerId;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runners on other machines, as an operator names them.
class OtherRunnersIT {
  private static final Secret KEY = Secret.random();
  private static final Map<String, Secret> SECOND = Map.of("second", KEY);

  private final DatabaseConfig database = PostgresHarness.database();

  @Test
  void areLetInByTheirKeysAndSayWhereTheyAre() {
    try (ApiFixture api = new ApiFixture(database, config -> config.withOthers(SECOND))) {
      ApiFixture.Answer me = me(api, KEY.text());
      RunnerId id = RunnerId.of(me.text("id"));
      String address = "https://second.example.org:3003";

      assertThat(me.text("name")).isEqualTo("second");
      assertThat(me(api, api.runnerKey).text("name")).isEqualTo("local");
      assertThat(api.plane.bootstrap().others()).containsExactly(Map.entry(id, KEY));
      assertThat(api.plane.runnerAddress(id)).isEmpty();
      String report = Json.text(Map.of("appVersion", "1", "proxyUrl", address));
      assertThat(api.call(KEY.text(), "POST", "/runners/healthcheck", report).status())
          .isEqualTo(201);
      assertThat(api.plane.runnerAddress(id)).contains(address);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"proxyUrl\":\"nonsense\"}",
        "{\"proxyUrl\":\"https://user:word@second.example.org\"}",
        "{\"proxyUrl\":\"file:///etc/passwd\"}",
        "{\"proxyUrl\":\"https://second.example.org/path\"}",
        "{\"images\":5}",
        "{\"images\":{\"a\":null}}",
        "{\"images\":{\"a\":{\"ref\":null,\"sizeBytes\":1}}}",
        "{\"images\":{\"a\":{\"ref\":\"x\",\"sizeBytes\":-1}}}",
        "{\"images\":{\"a\\u0000\":{\"ref\":\"x\",\"sizeBytes\":1}}}",
        "{\"images\":{\"\":{\"ref\":\"x\",\"sizeBytes\":1}}}"
      })
  void areRefusedWhatCannotBe(String report) {
    try (ApiFixture api = new ApiFixture(database, config -> config.withOthers(SECOND))) {
      RunnerId id = RunnerId.of(me(api, KEY.text()).text("id"));

      ApiFixture.Answer answer = api.call(KEY.text(), "POST", "/runners/healthcheck", report);

      assertThat(answer.status()).as(answer.body()).isEqualTo(400);
      assertThat(api.plane.runnerAddress(id)).isEmpty();
    }
  }

  @Test
  void areTheSameAtTheNextStartWithAnotherKey() {
    Secret next = Secret.random();
    String id;
    try (ApiFixture api = new ApiFixture(database, config -> config.withOthers(SECOND))) {
      id = me(api, KEY.text()).text("id");
    }
    Map<String, Secret> changed = Map.of("second", next);
    try (ApiFixture api = new ApiFixture(database, config -> config.withOthers(changed))) {
      assertThat(me(api, next.text()).text("id")).isEqualTo(id);
      assertThat(me(api, KEY.text()).status()).isEqualTo(401);
    }
  }

  @Test
  void loseTheirKeysWhenTheyAreNotNamedAnyMore() {
    String own;
    try (ApiFixture api = new ApiFixture(database, config -> config.withOthers(SECOND))) {
      own = api.runnerKey;
      assertThat(me(api, KEY.text()).status()).isEqualTo(200);
    }
    try (ApiFixture api = new ApiFixture(database, config -> config)) {
      assertThat(me(api, KEY.text()).status()).isEqualTo(401);
      assertThat(me(api, own).status()).isEqualTo(200);
    }
  }

  @Test
  void mayBeTheOnlyOnes() {
    try (ApiFixture api =
        new ApiFixture(database, config -> config.withoutRunner().withOthers(SECOND))) {
      assertThat(api.plane.bootstrap().runner()).isEmpty();
      assertThat(api.runnerKey).isEmpty();
      assertThat(me(api, KEY.text()).text("name")).isEqualTo("second");
    }
  }

  private static ApiFixture.Answer me(ApiFixture api, String key) {
    return api.call(key, "GET", "/runners/me", "");
  }
}
