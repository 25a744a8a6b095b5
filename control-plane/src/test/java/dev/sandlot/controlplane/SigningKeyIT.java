package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The keys with which clients sign URLs of files.
class SigningKeyIT {
  private static ApiFixture api;
  private static FakeRunner runner;
  private static SandboxId sandbox;

  @BeforeAll
  static void start() {
    api = new ApiFixture();
    runner = new FakeRunner(api).start();
    sandbox = SandboxId.of(api.post("/sandbox", "").text("id"));
  }

  @AfterAll
  static void stop() {
    runner.close();
    api.close();
  }

  private static String path(Object id) {
    return "/sandbox/" + id + "/signing-key";
  }

  @Test
  void staysTheSameUntilItIsRotated() {
    ApiFixture.Answer first = api.get(path(sandbox));

    assertThat(first.status()).isEqualTo(200);
    assertThat(first.body()).matches("fsk_[0-9a-f]{64}");
    assertThat(first.headers().get("content-type")).contains("text/plain; charset=utf-8");
    assertThat(api.get(path(sandbox)).body()).isEqualTo(first.body());

    ApiFixture.Answer rotated = api.post(path(sandbox) + "/rotate", "");
    assertThat(rotated.status()).isEqualTo(200);
    assertThat(rotated.body()).matches("fsk_[0-9a-f]{64}").isNotEqualTo(first.body());
    assertThat(api.get(path(sandbox)).body()).isEqualTo(rotated.body());
    assertThat(api.plane.previews().signingKey(sandbox)).contains(new SigningKey(rotated.body()));
  }

  @Test
  void isEachSandboxesOwn() {
    String other = api.post("/sandbox", "").text("id");

    assertThat(api.get(path(other)).body()).isNotEqualTo(api.get(path(sandbox)).body());
  }

  @Test
  void isThereForTheProxyOnceAClientHasIt() {
    String id = api.post("/sandbox", "").text("id");
    String question = "/preview/" + id + "/signing-key";
    assertThat(api.call(api.proxyKey, "GET", question, "").status()).isEqualTo(404);

    String key = api.get(path(id)).body();

    assertThat(api.call(api.proxyKey, "GET", question, "").body()).isEqualTo(key);
    assertThat(api.get(question).status()).isEqualTo(401);
  }

  @Test
  void goesWithItsSandbox() {
    String id = api.post("/sandbox", "").text("id");
    String key = api.get(path(id)).body();
    assertThat(api.plane.previews().signingKey(SandboxId.of(id))).contains(new SigningKey(key));

    api.delete("/sandbox/" + id);
    Await.until(() -> api.get("/sandbox/" + id).status() == 404);

    assertThat(api.get(path(id)).status()).isEqualTo(404);
    assertThat(api.plane.previews().signingKey(SandboxId.of(id))).isEmpty();
  }

  @Test
  void isNobodyElses() {
    assertThat(api.call("", "GET", path(sandbox), "").status()).isEqualTo(401);
    assertThat(api.call(api.runnerKey, "GET", path(sandbox), "").status()).isEqualTo(401);
    assertThat(api.call("", "POST", path(sandbox) + "/rotate", "").status()).isEqualTo(401);
    assertThat(api.get(path("no-such")).status()).isEqualTo(404);
    assertThat(api.post(path(SandboxId.random()) + "/rotate", "").status()).isEqualTo(404);
  }
}
