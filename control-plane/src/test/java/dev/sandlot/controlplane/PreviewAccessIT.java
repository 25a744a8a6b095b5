package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.preview.Previews;
import dev.sandlot.model.SandboxId;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What opens previews, and that whoever listens hears at once when it does so no more.
class PreviewAccessIT {
  private static final List<Optional<SandboxId>> CHANGES = new CopyOnWriteArrayList<>();

  private static ApiFixture api;
  private static FakeRunner runner;
  private static Previews previews;
  private static SandboxId sandbox;

  @BeforeAll
  static void start() {
    api = new ApiFixture();
    runner = new FakeRunner(api).start();
    previews = api.plane.previews();
    previews.onChange(CHANGES::add);
    sandbox = SandboxId.of(api.post("/sandbox", "").text("id"));
  }

  @AfterAll
  static void stop() {
    runner.close();
    api.close();
  }

  @BeforeEach
  void forget() {
    CHANGES.clear();
  }

  private static String token(int port) {
    return api.get("/sandbox/" + sandbox + "/ports/" + port + "/preview-url").text("token");
  }

  @Test
  void aPreviewTokenOpensThePortThatItWasAskedFor() {
    String token = token(3000);

    assertThat(token).matches("[a-z0-9_-]{32}").isEqualTo(token(3000)).isNotEqualTo(token(3001));
    assertThat(previews.tokenValid(sandbox, 3000, token)).isTrue();
    assertThat(previews.tokenValid(sandbox, 3001, token)).isFalse();
    assertThat(previews.tokenValid(sandbox, 2280, token)).isFalse();
    assertThat(previews.tokenValid(sandbox, 2280, token(1))).isTrue();
  }

  @Test
  void aProxyThatNamesNoPortHearsYesOfTheToolboxsTokenAlone() {
    String question = "/preview/" + sandbox + "/validate/";

    assertThat(ask(question + token(3000))).isEqualTo(404);
    assertThat(ask(question + token(3000) + "?port=3000")).isEqualTo(200);
    assertThat(ask(question + token(3000) + "?port=3001")).isEqualTo(404);
    assertThat(ask(question + token(2280))).isEqualTo(200);
  }

  private static int ask(String question) {
    return api.call(api.proxyKey, "GET", question, "").status();
  }

  @Test
  void closingAPublicSandboxIsToldBeforeTheCallReturns() {
    api.post("/sandbox/" + sandbox + "/public/true", "");
    assertThat(previews.find(sandbox).orElseThrow().open()).isTrue();
    CHANGES.clear();

    api.post("/sandbox/" + sandbox + "/public/false", "");

    assertThat(CHANGES).contains(Optional.of(sandbox));
    assertThat(previews.find(sandbox).orElseThrow().open()).isFalse();
  }

  @Test
  void revokingAKeyIsToldBeforeTheCallReturns() {
    ApiFixture.Tenant tenant = api.tenant("revoked");
    String key = api.key(tenant, EnumSet.allOf(Permission.class));
    assertThat(previews.organization(key)).isPresent();
    CHANGES.clear();

    api.revoke(tenant, key);

    assertThat(CHANGES).contains(Optional.empty());
    assertThat(previews.organization(key)).isEmpty();
  }

  @Test
  void endingASignedLinkIsToldBeforeTheCallReturns() {
    String path = "/sandbox/" + sandbox + "/ports/3000/signed-preview-url";
    String token = api.get(path).text("token");
    assertThat(previews.signed(token)).isPresent();
    CHANGES.clear();

    api.post(path + "/" + token + "/expire", "");

    assertThat(CHANGES).contains(Optional.of(sandbox));
    assertThat(previews.signed(token)).isEmpty();
  }

  @Test
  void aNewSigningKeyIsToldBeforeTheCallReturns() {
    api.get("/sandbox/" + sandbox + "/signing-key");
    CHANGES.clear();

    api.post("/sandbox/" + sandbox + "/signing-key/rotate", "");

    assertThat(CHANGES).contains(Optional.of(sandbox));
  }
}
