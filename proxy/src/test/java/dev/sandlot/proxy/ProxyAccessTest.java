package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.OTHER_KEY;
import static dev.sandlot.proxy.ProxyFixture.SIGNED;
import static dev.sandlot.proxy.ProxyFixture.TOKEN;
import static dev.sandlot.proxy.ProxyFixture.status;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who is let in, and who is not.
class ProxyAccessTest {
  private static final String BEARER = "Authorization: Bearer ";

  private ProxyFixture fixture;
  private RawServer inside;

  /// Whether the sandboxes are on another machine.
  boolean remote() {
    return false;
  }

  @BeforeEach
  void start() throws IOException {
    fixture = new ProxyFixture(ProxyLimits.DEFAULT, remote());
    inside =
        new RawServer((_, socket) ->
            socket
                .getOutputStream()
                .write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside".getBytes(ISO_8859_1)));
    for (int port : new int[] {3000, 3001, 22_222, 33_333, 6080}) {
      fixture.gateway.ports.put(port, inside.port());
    }
  }

  @AfterEach
  void stop() throws IOException {
    fixture.close();
    inside.close();
  }

  @Test
  void letsTheOwnersKeyIn() throws IOException {
    assertThat(fixture.get(fixture.host(3000), "/", BEARER + KEY)).endsWith("inside");
  }

  @Test
  void letsThePreviewTokenInByHeaderAndQuery() throws IOException {
    assertThat(fixture.get(fixture.host(3000), "/", "X-Daytona-Preview-Token: " + TOKEN))
        .endsWith("inside");
    assertThat(fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN))
        .endsWith("inside");
  }

  @Test
  void aPreviewTokenOfOnePortOpensNoOtherAndRunsNoCommand() throws IOException {
    String header = "X-Daytona-Preview-Token: " + TOKEN;
    String query = "?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN;
    for (int port : new int[] {3001, 2280, 22_222, 33_333}) {
      assertThat(status(fixture.get(fixture.host(port), "/", header))).isEqualTo(401);
      assertThat(status(fixture.get(fixture.host(port), "/" + query))).isEqualTo(401);
    }
    String command = "/toolbox/" + fixture.closed + "/process/execute";
    assertThat(status(fixture.send("POST", "localhost", command, "{}", header))).isEqualTo(401);
    assertThat(status(fixture.send("POST", "localhost", command + query, "{}"))).isEqualTo(401);
    String below = "/toolbox/" + fixture.closed + "/proxy/3000/";
    assertThat(status(fixture.get("localhost", below, header))).isEqualTo(401);
    assertThat(inside.heads).isEmpty();
  }

  @Test
  void neverTakesTheDestinationFromAHeader() throws IOException {
    String[] headers = {
      "X-Forwarded-Host: " + fixture.publicHost(3000),
      "X-Forwarded-Port: 2280",
      "X-Original-Host: " + fixture.publicHost(3000),
      "X-Original-URL: /toolbox/" + fixture.open + "/version",
      "X-Rewrite-URL: /toolbox/" + fixture.open + "/version",
      "Forwarded: host=" + fixture.publicHost(3000) + ";for=127.0.0.1;proto=https",
      "X-Daytona-Sandbox-Id: " + fixture.open,
      "X-Daytona-Organization-ID: anything",
      "X-Daytona-Authorization: Bearer " + KEY,
      "X-Daytona-Port: 3000",
    };
    assertThat(status(fixture.get(fixture.host(3000), "/", headers))).isEqualTo(401);
    assertThat(status(fixture.get("localhost", "/toolbox/" + fixture.closed + "/v", headers)))
        .isEqualTo(401);
    assertThat(status(fixture.get("evil.example", "/", headers))).isEqualTo(404);
    String absolute = "http://" + fixture.publicHost(3000) + "/";
    assertThat(status(fixture.get(fixture.host(3000), absolute))).isEqualTo(401);
    assertThat(inside.heads).isEmpty();
    assertThat(fixture.gateway.dialled).isEmpty();
  }

  @Test
  void keepsABrowserLetInByCookieAtThatPortOnly() throws IOException {
    String cookie = cookie(fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN));
    assertThat(cookie).startsWith("daytona-sandbox-auth-" + fixture.closed + "=");

    assertThat(fixture.get(fixture.host(3000), "/", "Cookie: a=b; " + cookie)).endsWith("inside");
    assertThat(status(fixture.get(fixture.host(3001), "/", "Cookie: " + cookie))).isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(2280), "/", "Cookie: " + cookie))).isEqualTo(401);
    assertThat(
            status(
                fixture.get("localhost", "/toolbox/" + fixture.closed + "/", "Cookie: " + cookie)))
        .isEqualTo(401);
    String forged = cookie.substring(0, cookie.length() - 1) + (cookie.endsWith("A") ? "B" : "A");
    assertThat(status(fixture.get(fixture.host(3000), "/", "Cookie: " + forged))).isEqualTo(401);
  }

  @Test
  void marksTheCookieForThisHostAndForTheServerOnly() throws IOException {
    String answer = fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN);
    assertThat(answer)
        .containsPattern("(?i)set-cookie: daytona-.*; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax")
        .doesNotContainPattern("(?i)set-cookie: .*domain=");
  }

  @Test
  void doesNotLetAPageOfANeighbouringSandboxUseTheCookie() throws IOException {
    String cookie =
        "Cookie: " + cookie(fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN));
    String neighbour = "Origin: http://" + fixture.publicHost(3000);
    assertThat(status(fixture.get(fixture.host(3000), "/", cookie, neighbour))).isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(3000), "/", cookie, "Origin: null"))).isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(3000), "/", cookie, "Sec-Fetch-Site: same-site")))
        .isEqualTo(401);
    assertThat(fixture.get(fixture.host(3000), "/", cookie, "Origin: http://" + fixture.host(3000)))
        .endsWith("inside");
    assertThat(
            fixture.get(
                fixture.host(3000),
                "/",
                cookie,
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Mode: navigate",
                "Sec-Fetch-Dest: document"))
        .endsWith("inside");
  }

  @Test
  void refusesStrangersWithTheReasonAndNoPage() throws IOException {
    String answer = fixture.get(fixture.host(3000), "/<script>alert(1)</script>");
    assertThat(status(answer)).isEqualTo(401);
    assertThat(answer)
        .contains("\"statusCode\":401")
        .contains("\"code\":\"UNAUTHORIZED\"")
        .containsPattern("(?i)content-type: application/json")
        .containsPattern("(?i)www-authenticate: bearer");
    assertThat(inside.heads).isEmpty();
  }

  @Test
  void refusesWrongCredentials() throws IOException {
    assertThat(status(fixture.get(fixture.host(3000), "/", BEARER + "dtn_wrong"))).isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(3000), "/", "X-Daytona-Preview-Token: wrong")))
        .isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=wrong")))
        .isEqualTo(401);
    assertThat(status(fixture.get("3000-0000000000000000.proxy.localhost", "/"))).isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(3000), "/", BEARER + KEY, BEARER + "x")))
        .isEqualTo(400);
    assertThat(inside.heads).isEmpty();
  }

  @Test
  void hidesTheSandboxFromAnotherTenantsKey() throws IOException {
    assertThat(status(fixture.get(fixture.host(3000), "/", BEARER + OTHER_KEY))).isEqualTo(404);
    assertThat(
            status(
                fixture.get(
                    "localhost", "/toolbox/" + fixture.closed + "/version", BEARER + OTHER_KEY)))
        .isEqualTo(404);
    String nowhere = "3000-00000000-2222-4333-8444-555555555555.proxy.localhost";
    assertThat(status(fixture.get(nowhere, "/", BEARER + KEY))).isEqualTo(404);
    assertThat(status(fixture.get(nowhere, "/"))).isEqualTo(401);
    assertThat(inside.heads).isEmpty();
  }

  @Test
  void opensOnlyThePortThatASignedTokenNames() throws IOException {
    assertThat(fixture.get(fixture.signedHost(3000), "/")).endsWith("inside");
    for (int port : new int[] {3001, 2280, 22_222}) {
      assertThat(status(fixture.get(fixture.signedHost(port), "/"))).isEqualTo(401);
      assertThat(status(fixture.get(fixture.host(port), "/", "X-Daytona-Preview-Token: " + SIGNED)))
          .isEqualTo(401);
    }
    // A cookie would outlive the link.
    assertThat(fixture.get(fixture.signedHost(3000), "/")).doesNotContainPattern("(?i)set-cookie");
    fixture.directory.signed.clear();
    fixture.directory.changed();
    assertThat(status(fixture.get(fixture.signedHost(3000), "/"))).isEqualTo(401);
  }

  @Test
  void aSignedLinkIsOverAtItsEndThoughItIsRemembered() throws IOException {
    SandboxDirectory.SignedTarget over =
        new SandboxDirectory.SignedTarget(fixture.closed, 3000, Instant.now().minusMillis(1));
    fixture.directory.signed.put(SIGNED, over);
    assertThat(status(fixture.get(fixture.signedHost(3000), "/"))).isEqualTo(401);
  }

  @Test
  void aCookieIsWorthNoMoreThanItsTokenIsNow() throws IOException {
    String cookie =
        "Cookie: " + cookie(fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN));
    assertThat(fixture.get(fixture.host(3000), "/", cookie)).endsWith("inside");
    fixture.directory.previewTokens.put(fixture.closed + ":3000", "that-of-the-next-start");
    fixture.directory.changed(fixture.closed);
    assertThat(status(fixture.get(fixture.host(3000), "/", cookie))).isEqualTo(401);
  }

  @Test
  void findsItsCookieAmongThoseThatANeighbourSet() throws IOException {
    String cookie = cookie(fixture.get(fixture.host(3000), "/?DAYTONA_SANDBOX_AUTH_KEY=" + TOKEN));
    String name = cookie.substring(0, cookie.indexOf('='));
    String forged = (name + "=x.9999999999.y; ").repeat(3);
    assertThat(fixture.get(fixture.host(3000), "/", "Cookie: " + forged + cookie))
        .endsWith("inside");
    assertThat(inside.lastHead()).doesNotContain("daytona-sandbox-auth");
  }

  @Test
  void opensOrdinaryPortsOfAPublicSandboxToAnybody() throws IOException {
    assertThat(fixture.get(fixture.publicHost(3000), "/")).endsWith("inside");
    assertThat(fixture.get(fixture.publicHost(6080), "/")).endsWith("inside");
    for (int port : new int[] {2280, 22_222, 33_333}) {
      assertThat(status(fixture.get(fixture.publicHost(port), "/"))).isEqualTo(401);
    }
    assertThat(status(fixture.get("localhost", "/toolbox/" + fixture.open + "/version")))
        .isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "02280", "+2280", "%32280", "2280.0", "0x8e8", "002280", "0", "65536", "", "-2280"
      })
  void refusesOddSpellingsOfAPortOnAPublicSandbox(String port) throws IOException {
    String answer = fixture.get(port + "-" + fixture.open + ".proxy.localhost", "/version");
    assertThat(status(answer)).isEqualTo(400);
    String byPath =
        fixture.get(
            "localhost", "/toolbox/" + fixture.open + "/proxy/" + port + "/version", BEARER + KEY);
    assertThat(status(byPath)).isEqualTo(400);
    assertThat(fixture.gateway.dialled).isEmpty();
  }

  @Test
  void servesTheToolboxByPathAndByHost() throws IOException {
    String byPath =
        fixture.get(
            "localhost", "/toolbox/" + fixture.closed + "/files/a%2Fb?x=1&y=%20", BEARER + KEY);
    assertThat(byPath)
        .contains("toolbox of " + fixture.closed)
        .contains("GET /files/a%2Fb?x=1&y=%20\n");
    assertThat(fixture.get(fixture.host(2280), "/version", BEARER + KEY)).contains("GET /version?");
  }

  @Test
  void leadsToOtherPortsBelowTheToolboxByPathAndByHost() throws IOException {
    assertThat(
            fixture.get("localhost", "/toolbox/" + fixture.closed + "/proxy/3000/", BEARER + KEY))
        .endsWith("inside");
    assertThat(fixture.get(fixture.host(2280), "/proxy/3000/", BEARER + KEY)).endsWith("inside");
    assertThat(status(fixture.get(fixture.host(2280), "/proxy/03000/", BEARER + KEY)))
        .isEqualTo(400);
    assertThat(status(fixture.get(fixture.publicHost(2280), "/proxy/3000/"))).isEqualTo(401);
  }

  @Test
  void showsTheToolboxNoCredential() throws IOException {
    String answer =
        fixture.get(
            "proxy.localhost",
            "/toolbox/"
                + fixture.closed
                + "/version?a=1&DAYTONA_SANDBOX_AUTH_KEY="
                + TOKEN
                + "&b=2",
            BEARER + KEY,
            "X-Daytona-Preview-Token: " + TOKEN,
            "X-Daytona-Source: sdk-python",
            "Cookie: daytona-sandbox-auth-x=y; mine=1");
    assertThat(answer)
        .contains("/version?a=1&b=2\n")
        .contains("X-Daytona-Source: sdk-python")
        .contains("mine=1")
        .doesNotContain(KEY)
        .doesNotContain(TOKEN)
        .doesNotContain("daytona-sandbox-auth");
  }

  @Test
  void keepsTheToolboxsFailures() throws IOException {
    String answer =
        fixture.get("localhost", "/toolbox/" + fixture.closed + "/missing", BEARER + KEY);
    assertThat(status(answer)).isEqualTo(404);
    assertThat(answer)
        .contains("\"code\":\"FILE_NOT_FOUND\"")
        .contains("\"source\":\"DAYTONA_DAEMON\"");
  }

  @Test
  void reachesAPortByTheToolboxsPath() throws IOException {
    String base = "/toolbox/" + fixture.closed + "/proxy/3000";
    assertThat(fixture.get("localhost", base + "/x%2Fy?z", BEARER + KEY)).endsWith("inside");
    assertThat(inside.lastHead()).startsWith("GET /x%2Fy?z HTTP/1.1");
    assertThat(status(fixture.get("localhost", base + "/x"))).isEqualTo(401);
  }

  @Test
  void tellsThatItIsHealthyAndKnowsNothingElse() throws IOException {
    assertThat(fixture.get("localhost", "/health")).contains("\"status\":\"ok\"");
    assertThat(status(fixture.get("localhost", "/elsewhere"))).isEqualTo(404);
    assertThat(status(fixture.get("evil.example", "/health"))).isEqualTo(404);
    assertThat(status(fixture.get("localhost", "/toolbox/../health", BEARER + KEY))).isEqualTo(404);
  }

  @Test
  void saysWhenNothingListensOrNothingRuns() throws IOException {
    assertThat(fixture.get(fixture.host(8080), "/", BEARER + KEY))
        .contains("nothing listens on port 8080");
    fixture.gateway.running.clear();
    String answer = fixture.get(fixture.host(3000), "/", BEARER + KEY);
    assertThat(status(answer)).isEqualTo(409);
    assertThat(answer).contains("start it");
  }

  @Test
  void asksOnceInSecondsAndForgetsWhenTold() throws IOException {
    assertThat(fixture.get(fixture.host(3000), "/", BEARER + KEY)).endsWith("inside");
    assertThat(fixture.get(fixture.host(3000), "/", BEARER + KEY)).endsWith("inside");
    assertThat(fixture.directory.keyQuestions).hasValue(1);
    fixture.directory.keys.remove(KEY);
    fixture.directory.changed();
    assertThat(status(fixture.get(fixture.host(3000), "/", BEARER + KEY))).isEqualTo(401);
  }

  @Test
  void closesAPublicSandboxWhenToldThatItIsPrivate() throws IOException {
    assertThat(fixture.get(fixture.publicHost(3000), "/")).endsWith("inside");
    fixture.directory.sandboxes.put(fixture.open, false);
    fixture.directory.changed(fixture.open);
    assertThat(status(fixture.get(fixture.publicHost(3000), "/"))).isEqualTo(401);
  }

  @Test
  void neitherAFailureNorAnotherSandboxsAnswerIsRemembered() throws IOException {
    fixture.directory.failing = true;
    assertThat(status(fixture.get(fixture.host(3000), "/", BEARER + KEY))).isEqualTo(500);
    fixture.directory.failing = false;
    assertThat(fixture.get(fixture.host(3000), "/", BEARER + KEY)).endsWith("inside");
    fixture.directory.sandboxes.put(fixture.open, false);
    assertThat(
            status(fixture.get(fixture.publicHost(3000), "/", "X-Daytona-Preview-Token: " + TOKEN)))
        .isEqualTo(401);
  }

  @Test
  void countsAuthorisedUseOnce() throws Exception {
    fixture.get(fixture.host(3000), "/");
    fixture.get(fixture.host(3000), "/", BEARER + KEY, "X-Daytona-Skip-Last-Activity-Update: true");
    assertThat(fixture.directory.activity).isEmpty();
    fixture.get(fixture.host(3000), "/", BEARER + KEY);
    fixture.get(fixture.host(3000), "/", BEARER + KEY);
    Waiting.eventually("it is counted", () -> !fixture.directory.activity.isEmpty());
    assertThat(fixture.directory.activity).containsExactly(fixture.closed);
  }

  @Test
  void allowsOtherOriginsToReadButNotWithTheBrowsersCredentials() throws IOException {
    String origin = "Origin: https://dashboard.example";
    String preflight =
        fixture.send(
            "OPTIONS",
            "localhost",
            "/toolbox/" + fixture.closed + "/files",
            "",
            origin,
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: authorization, x-daytona-source");
    assertThat(status(preflight)).isEqualTo(204);
    assertThat(preflight)
        .containsPattern("(?i)access-control-allow-origin: https://dashboard.example\r\n")
        .containsPattern("(?i)access-control-allow-headers: authorization, x-daytona-source\r\n")
        .doesNotContainPattern("(?i)access-control-allow-credentials");
    String answer = fixture.get(fixture.host(3000), "/", BEARER + KEY, origin);
    assertThat(answer)
        .containsPattern("(?i)access-control-allow-origin: https://dashboard.example\r\n")
        .containsPattern("(?i)vary: origin")
        .doesNotContainPattern("(?i)access-control-allow-credentials");
    String without =
        fixture.get(fixture.host(3000), "/", BEARER + KEY, origin, "X-Daytona-Disable-CORS: true");
    assertThat(without).doesNotContainPattern("(?i)access-control");
  }

  @Test
  void leavesPreflightsOfAPublicPortToTheApplication() throws IOException {
    String[] question = {
      "Origin: https://page.example",
      "Access-Control-Request-Method: PROPFIND",
      "Access-Control-Request-Headers: x-own"
    };
    assertThat(fixture.send("OPTIONS", fixture.publicHost(3000), "/a?b", "", question))
        .endsWith("inside")
        .doesNotContainPattern("(?i)access-control-allow-methods");
    assertThat(inside.lastHead())
        .startsWith("OPTIONS /a?b HTTP/1.1")
        .containsPattern("(?i)access-control-request-method: PROPFIND\r\n");
  }

  @Test
  void answersPreflightsOfWhatIsNotPublicItselfAndAllowsNoCredentials() throws IOException {
    String[] question = {
      "Origin: https://page.example",
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: x-daytona-preview-token"
    };
    for (String host :
        List.of(fixture.host(3000), fixture.publicHost(2280), fixture.publicHost(22_222))) {
      String answer = fixture.send("OPTIONS", host, "/", "", question);
      assertThat(status(answer)).isEqualTo(204);
      assertThat(answer)
          .containsPattern("(?i)access-control-allow-origin: https://page.example\r\n")
          .containsPattern("(?i)access-control-allow-methods: .*POST")
          .containsPattern("(?i)access-control-allow-headers: x-daytona-preview-token\r\n")
          .containsPattern("(?i)access-control-max-age: [0-9]+\r\n")
          .doesNotContainPattern("(?i)access-control-allow-credentials");
    }
    assertThat(inside.heads).isEmpty();
  }

  private static String cookie(String answer) {
    Matcher matcher =
        Pattern.compile("(?i)set-cookie: (daytona-sandbox-auth-[^;]+);").matcher(answer);
    assertThat(matcher.find()).as("an answer that sets the cookie: %s", answer).isTrue();
    return matcher.group(1);
  }
}
