package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.snapshot.DefaultSnapshot;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Snapshots that are there only if their images are.
class SnapshotApiIT {
  private final Map<String, String> images = new ConcurrentHashMap<>();
  private ApiFixture api;
  private FakeRunner runner;

  @BeforeEach
  void start() {
    api =
        new ApiFixture(
            PostgresHarness.database(),
            config ->
                config.withSnapshots(
                    DefaultSnapshot.BUILT_IN, name -> Optional.ofNullable(images.get(name))));
    runner = new FakeRunner(api).start();
  }

  @AfterEach
  void stop() {
    runner.close();
    api.close();
  }

  @Test
  void saysHowToBuildAnImageThatIsMissing() {
    ApiFixture.Answer refused = api.post("/sandbox", "{\"snapshot\":\"sandlot/desktop\"}");

    ApiFixture.assertRefused(refused, 400);
    assertThat(refused.text("message")).contains("./dev setup desktop");
    ApiFixture.assertRefused(api.get("/snapshots/sandlot%2Fdesktop"), 404);
    assertThat(api.get("/snapshots").body()).doesNotContain("sandlot/desktop");
  }

  @Test
  void offersASnapshotAsSoonAsItsImageIsBuilt() {
    images.put("sandlot/desktop", "desktop-1");

    ApiFixture.Answer made = api.post("/sandbox", "{\"snapshot\":\"sandlot/desktop\"}");

    assertThat(made.status()).as(made.body()).isEqualTo(200);
    assertThat(made.text("snapshot")).isEqualTo("sandlot/desktop");
    assertThat(api.get("/snapshots/sandlot%2Fdesktop").text("ref")).isEqualTo("desktop-1");
  }

  @Test
  void listsASnapshotAsSoonAsItsImageIsBuilt() {
    assertThat(api.get("/snapshots").json().path("total").asInt()).isEqualTo(1);

    images.put("sandlot/desktop", "desktop-1");

    assertThat(api.get("/snapshots").body()).contains("\"sandlot/desktop\"");
  }
}
