package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.http.Json;
import dev.sandlot.model.job.SandboxJob;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who a sandbox is stands in its row. Nothing that its owner writes on it says otherwise.
class ReservedNamesIT {
  private static ApiFixture api;
  private static FakeRunner runner;

  @BeforeAll
  static void start() {
    api = new ApiFixture();
    runner = new FakeRunner(api).start();
  }

  @AfterAll
  static void stop() {
    runner.close();
    api.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sandlot.dev/organization", "Sandlot.Dev/x", " sandlot.dev/x", "sandlot.dev/"})
  void reservedLabelsCannotBeSet(String label) {
    String id = api.post("/sandbox", "{}").text("id");
    String body = Json.text(Map.of("labels", Map.of(label, "1", "mine", "2")));

    ApiFixture.Answer made = api.post("/sandbox", body);
    ApiFixture.Answer replaced = api.put("/sandbox/" + id + "/labels", body);

    assertRefused(made, 400);
    assertThat(made.text("message")).contains("labels", "sandlot.dev/");
    assertRefused(replaced, 400);
    assertThat(api.get("/sandbox/" + id).json().path("labels").size()).isZero();
  }

  @Test
  void identityIsNeverTakenFromALabel() {
    ApiFixture.Tenant stranger = api.tenant("stranger");
    String strangersKey = api.key(stranger, EnumSet.allOf(Permission.class));
    String organization = stranger.organization().toString();
    String id =
        api.post(
                "/sandbox",
                Json.text(
                    Map.of(
                        "labels",
                        Map.of(
                            "organizationId",
                            organization,
                            "organization",
                            organization,
                            "runnerId",
                            "other",
                            "id",
                            "other"))))
            .text("id");

    assertRefused(api.call(strangersKey, "GET", "/sandbox/" + id, ""), 404);
    assertThat(api.call(strangersKey, "GET", "/sandbox?limit=200", "").json().path("items").size())
        .isZero();
    assertThat(api.get("/sandbox/" + id).text("organizationId")).isNotEqualTo(organization);
  }

  @Test
  void variablesThatTellWhoASandboxIsCannotBeSet() {
    String id =
        api.post(
                "/sandbox",
                """
                {"env":{"DAYTONA_SANDBOX_ID":"x","DAYTONA_SANDBOX_SNAPSHOT":"x","DAYTONA_SANDBOX_USER":"x",
                "DAYTONA_ORGANIZATION_ID":"x","DAYTONA_REGION_ID":"x"}}\
                """)
            .text("id");

    SandboxJob order =
        runner.seen.stream()
            .filter(job -> job.path("resourceId").asString().equals(id))
            .map(job -> Json.read(job.path("payload").asString(), SandboxJob.class))
            .findFirst()
            .orElseThrow();
    assertThat(order.env()).containsEntry("DAYTONA_SANDBOX_ID", id).doesNotContainValue("x");
  }
}
