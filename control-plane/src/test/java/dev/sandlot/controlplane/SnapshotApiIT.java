package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.snapshot.DefaultSnapshot;
import dev.sandlot.model.RunnerId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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
  void makesSandboxesOnARunnerFromTheImageThatItReports() throws SQLException {
    RunnerId second = RunnerId.random();
    String key = api.addRunner(second, "second");
    api.execute("DELETE FROM snapshot_runners WHERE runner_id = ?", second.value());
    ApiFixture.Answer report =
        api.call(
            key,
            "POST",
            "/runners/healthcheck",
            """
            {"metrics":{"cpu":8,"memoryGiB":640,"diskGiB":500},
             "images":{"sandlot/default":{"ref":"default-of-second","sizeBytes":1000},
               "sandlot/desktop":{"ref":"desktop-of-second","sizeBytes":2000},
               "nothing":{"ref":"unknown","sizeBytes":1}}}\
            """);
    assertThat(report.status()).as(report.body()).isEqualTo(201);
    assertThat(api.get("/snapshots/sandlot%2Fdesktop").text("ref")).isEqualTo("desktop-of-second");
    try (FakeRunner _ = new FakeRunner(api, key).start(8, 640, 500)) {
      ApiFixture.Answer made = api.post("/sandbox", "{}");

      assertThat(made.text("runnerId")).as(made.body()).isEqualTo(second.toString());
      assertThat(imageOf(made.text("id"))).isEqualTo("default-of-second");
    }
  }

  @Test
  void leavesARunnerAloneThatHasNotTheSnapshot() {
    RunnerId second = RunnerId.random();
    String key = api.addRunner(second, "second");
    api.execute("DELETE FROM snapshot_runners WHERE runner_id = ?", second.value());
    api.report(key, 8, 640, 500);

    assertThat(api.post("/sandbox", "{}").text("runnerId")).isNotEqualTo(second.toString());
    api.execute("UPDATE runners SET unschedulable = true WHERE name = 'local'");
    ApiFixture.Answer refused = api.post("/sandbox", "{}");
    ApiFixture.assertRefused(refused, 400);
    assertThat(refused.text("message")).contains("has the snapshot sandlot/default");
  }

  private String imageOf(String sandbox) throws SQLException {
    try (Connection connection = api.connect();
        PreparedStatement statement =
            connection.prepareStatement("SELECT snapshot_ref FROM sandboxes WHERE id = ?")) {
      statement.setObject(1, UUID.fromString(sandbox));
      ResultSet row = statement.executeQuery();
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  @Test
  void listsASnapshotAsSoonAsItsImageIsBuilt() {
    assertThat(api.get("/snapshots").json().path("total").asInt()).isEqualTo(1);

    images.put("sandlot/desktop", "desktop-1");

    assertThat(api.get("/snapshots").body()).contains("\"sandlot/desktop\"");
  }
}
