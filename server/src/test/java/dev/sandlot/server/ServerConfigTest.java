package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.controlplane.runnerpool.Placement;
import dev.sandlot.model.Ipv4Range;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerConfigTest {
  private static final Map<String, String> RUNNER =
      Map.of(
          "SANDLOT_ROLES",
          "runner",
          "SANDLOT_CONTROL_PLANE_URL",
          "http://127.0.0.1:3000",
          "SANDLOT_RUNNER_KEY_FILE",
          "/key");

  /// For our own programs and tests.
  private static final Set<String> INTERNAL =
      Set.of("SANDLOT_DNS_PORT", "SANDLOT_FAILPOINTS", "SANDLOT_LAUNCHER_SOCKET");

  @Test
  void hasTheDocumentedDefaults() {
    ServerConfig config = ServerConfig.read(Map.of());

    assertThat(config.home()).isEqualTo(Path.of("/var/lib/sandlot"));
    assertThat(config.listen()).isEqualTo("127.0.0.1");
    assertThat(config.apiPort()).isEqualTo(3000);
    assertThat(config.proxyPort()).isEqualTo(4000);
    assertThat(config.proxyDomain()).isEqualTo("proxy.localhost:4000");
    assertThat(config.publicHost()).isEqualTo("localhost");
    assertThat(config.engine()).isEqualTo("runsc");
    assertThat(config.placement()).isEqualTo(Placement.SPREAD);
    assertThat(config.launcherSocket()).isEqualTo(Path.of("/var/lib/sandlot/run/launcher.sock"));
    assertThat(config.databaseUrl()).isEmpty();
    assertThat(config.protocol()).isEqualTo("http");
  }

  @Test
  void takesOneOfThePlacementsItKnows() {
    assertThat(ServerConfig.read(Map.of("SANDLOT_PLACEMENT", "pack")).placement())
        .isEqualTo(Placement.PACK);
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_PLACEMENT", "random")))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("spread, pack");
  }

  @Test
  void refusesAVariableItDoesNotKnow() {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_API_PROT", "1")))
        .hasMessageContaining("SANDLOT_API_PROT")
        .hasMessageContaining("SANDLOT_API_PORT");
  }

  @Test
  void everySettingIsOnThePageOfSettings() throws IOException {
    String page = SourceTree.text(Path.of("docs/configuration.md"));
    String known = "";
    try {
      ServerConfig.read(Map.of("SANDLOT_MISSPELT", "1"));
    } catch (ServerConfig.Invalid e) {
      String message = String.valueOf(e.getMessage());
      known = message.substring(message.indexOf("known are "));
    }

    Set<String> settings =
        Pattern.compile("SANDLOT_\\w+")
            .matcher(known)
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
    settings.removeAll(INTERNAL);

    assertThat(settings)
        .hasSizeGreaterThan(10)
        .allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65536", "-1", "+80", "80 ", "eighty", "0x50", "8000000000"})
  void refusesWhatIsNotAPort(String text) {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_API_PORT", text)))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_API_PORT=" + text);
  }

  @Test
  void refusesToSendKeysInTheClearUnlessAskedInSoManyWords() {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_LISTEN", "0.0.0.0")))
        .hasMessageContaining("SANDLOT_TLS_CERTIFICATE");
    assertThat(
            ServerConfig.read(
                    Map.of("SANDLOT_LISTEN", "0.0.0.0", "SANDLOT_LISTEN_WITHOUT_TLS", "yes"))
                .listen())
        .isEqualTo("0.0.0.0");
    assertThat(
            ServerConfig.read(
                    Map.of(
                        "SANDLOT_LISTEN",
                        "0.0.0.0",
                        "SANDLOT_TLS_CERTIFICATE",
                        "/c",
                        "SANDLOT_TLS_KEY",
                        "/k"))
                .protocol())
        .isEqualTo("https");
  }

  @Test
  void handsOutItsOwnAddressesUnlessToldOthers() {
    PublicUrls urls = ServerConfig.read(Map.of()).urls();

    assertThat(urls.api()).hasToString("http://localhost:3000");
    assertThat(urls.proxy()).hasToString("http://localhost:4000");
    assertThat(urls.secure()).isFalse();
  }

  @Test
  void behindAProxyThatSpeaksTlsSaysHttpsAndMarksCookies() {
    ServerConfig config =
        ServerConfig.read(
            Map.of(
                "SANDLOT_PUBLIC_URL",
                "https://sandlot.example.org/",
                "SANDLOT_PROXY_URL",
                "https://preview.example.org",
                "SANDLOT_TRUSTED_PROXIES",
                "192.0.2.7, 2001:db8::7"));

    assertThat(config.protocol()).isEqualTo("http");
    assertThat(config.urls().api()).hasToString("https://sandlot.example.org");
    assertThat(config.urls().secure()).isTrue();
    assertThat(config.proxyDomain()).isEqualTo("preview.example.org");
    assertThat(config.urls().previewTemplate(config.proxyDomain()))
        .isEqualTo("https://{{PORT}}-{{sandboxId}}.preview.example.org");
    assertThat(config.trustedProxies()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sandlot.example.org",
        "ftp://sandlot.example.org",
        "https://",
        "https:///x",
        "https://sandlot.example.org/path",
        "https://user@sandlot.example.org",
        "https://sandlot.example.org?x",
        "https://sandlot example.org"
      })
  void refusesWhatIsNoUrlOfAServer(String text) {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_PROXY_URL", text)))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_PROXY_URL");
  }

  @Test
  void refusesNamesWhereAddressesOfProxiesBelong() {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_TRUSTED_PROXIES", "localhost")))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_TRUSTED_PROXIES");
  }

  @Test
  void doesNotSayHttpOfAServerWithACertificate() {
    assertThatThrownBy(() ->
            ServerConfig.read(
                Map.of(
                    "SANDLOT_TLS_CERTIFICATE",
                    "/c",
                    "SANDLOT_TLS_KEY",
                    "/k",
                    "SANDLOT_PUBLIC_URL",
                    "http://x")))
        .hasMessageContaining("say https");
  }

  @Test
  void wantsCertificateAndKeyTogether() {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_TLS_KEY", "/k")))
        .hasMessageContaining("SANDLOT_TLS_CERTIFICATE and SANDLOT_TLS_KEY");
  }

  @Test
  void readsRangesThatTheOperatorCloses() {
    Map<String, String> environment =
        Map.of("SANDLOT_BLOCKED_RANGES", "192.0.2.0/24, 198.51.100.7/32");

    assertThat(ServerConfig.read(environment).blockedRanges())
        .containsExactly(Ipv4Range.of("192.0.2.0/24"), Ipv4Range.of("198.51.100.7/32"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"192.0.2.0", "192.0.2.1/24", "192.0.2.0/33", "2001:db8::/32", "example.org"})
  void refusesWhatIsNotARange(String text) {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_BLOCKED_RANGES", text)))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_BLOCKED_RANGES=" + text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://db/sandlot?user=u&password=hunter2",
        "postgresql://u:hunter2@db/sandlot",
        "postgresql://u:a?b@hunter2@db/sandlot",
        "hunter2"
      })
  void showsNoPasswordOfAUrl(String url) {
    for (String name : List.of("SANDLOT_DATABASE_URL", "SANDLOT_TRACES_ENDPOINT")) {
      ServerConfig config = ServerConfig.read(Map.of(name, url));

      assertThat(config.effective().toString()).doesNotContain("hunter2");
      assertThat(config.toString()).doesNotContain("hunter2");
    }
  }

  @Test
  void showsWhereADatabaseIs() {
    ServerConfig config =
        ServerConfig.read(Map.of("SANDLOT_DATABASE_URL", "postgresql://u:hunter2@db/sandlot"));

    assertThat(config.effective()).containsEntry("SANDLOT_DATABASE_URL", "postgresql://db/sandlot");
  }

  @Test
  void hasAllRolesUnlessToldOthers() {
    assertThat(ServerConfig.read(Map.of()).roles()).containsExactlyInAnyOrder(Role.values());
    assertThat(ServerConfig.read(Map.of("SANDLOT_ROLES", "proxy, control-plane")).roles())
        .containsExactlyInAnyOrder(Role.CONTROL_PLANE, Role.PROXY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"control-plane", "proxy", "control-plane,runner", "runner,proxy", "all", ","})
  void refusesRolesThatDoNotWork(String roles) {
    assertThatThrownBy(() -> ServerConfig.read(Map.of("SANDLOT_ROLES", roles)))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_ROLES=" + roles)
        .hasMessageContaining("control-plane")
        .hasMessageContaining("runner");
  }

  @Test
  void aRunnerAloneSaysWhereItIsReached() {
    ServerConfig.RunnerAlone alone = read(RUNNER).runnerAlone().orElseThrow();

    assertThat(alone.controlPlane()).hasToString("http://127.0.0.1:3000");
    assertThat(alone.keyFile()).isEqualTo(Path.of("/key"));
    assertThat(alone.address()).hasToString("http://127.0.0.1:3003");
    assertThat(
            read(RUNNER, "SANDLOT_RUNNER_URL", "https://second.example.org")
                .runnerAlone()
                .orElseThrow()
                .address())
        .hasToString("https://second.example.org");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SANDLOT_CONTROL_PLANE_URL", "SANDLOT_RUNNER_KEY_FILE"})
  void aRunnerAloneNeedsItsSettings(String name) {
    Map<String, String> environment = new HashMap<>(RUNNER);
    environment.remove(name);

    assertThatThrownBy(() -> ServerConfig.read(environment))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining(name);
    assertThatThrownBy(() -> read(Map.of(), name, "http://127.0.0.1:3000"))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining(name)
        .hasMessageContaining("SANDLOT_ROLES=runner");
  }

  @Test
  void aRunnerAloneSendsItsKeyToNoOtherMachineInTheClear() {
    String away = "http://192.0.2.1:3000";

    assertThatThrownBy(() -> read(RUNNER, "SANDLOT_CONTROL_PLANE_URL", away))
        .hasMessageContaining("in the clear");
    assertThat(read(RUNNER, "SANDLOT_CONTROL_PLANE_URL", "https://192.0.2.1:3000").runnerAlone())
        .isPresent();
    assertThat(
            read(RUNNER, "SANDLOT_CONTROL_PLANE_URL", away, "SANDLOT_LISTEN_WITHOUT_TLS", "yes")
                .runnerAlone())
        .isPresent();
  }

  @Test
  void aRunnerAloneThatListensEverywhereSaysWhereItIsReached() {
    assertThatThrownBy(
            () -> read(RUNNER, "SANDLOT_LISTEN", "0.0.0.0", "SANDLOT_LISTEN_WITHOUT_TLS", "yes"))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_RUNNER_URL");
  }

  @Test
  void readsRunnersOnOtherMachines() {
    assertThat(read(Map.of(), "SANDLOT_RUNNERS", "a=/etc/a, b-2=/etc/b").runners())
        .containsExactly(Map.entry("a", Path.of("/etc/a")), Map.entry("b-2", Path.of("/etc/b")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "=/etc/a", "a=etc", "A=/etc/a", "local=/etc/a", "a=/x,a=/y"})
  void refusesWhatNamesNoRunner(String text) {
    assertThatThrownBy(() -> read(Map.of(), "SANDLOT_RUNNERS", text))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_RUNNERS");
  }

  @Test
  void wantsTheImageNamedWhereNobodyCanBeAsked() {
    Map<String, String> apart =
        Map.of(
            "SANDLOT_ROLES",
            "control-plane,proxy",
            "SANDLOT_DATABASE_URL",
            "postgresql://u@db/sandlot");

    assertThatThrownBy(() -> ServerConfig.read(apart))
        .isInstanceOf(ServerConfig.Invalid.class)
        .hasMessageContaining("SANDLOT_DEFAULT_IMAGE");
    assertThat(read(apart, "SANDLOT_DEFAULT_IMAGE", "default-1").launcherHere()).isFalse();
    assertThat(ServerConfig.read(Map.of("SANDLOT_ROLES", "control-plane,proxy")).launcherHere())
        .isTrue();
  }

  private static ServerConfig read(Map<String, String> some, String... more) {
    Map<String, String> environment = new HashMap<>(some);
    for (int index = 0; index < more.length; index += 2) {
      environment.put(more[index], more[index + 1]);
    }
    return ServerConfig.read(environment);
  }
}
