package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.SigningKey;
import dev.sandlot.proxy.access.ProxyLimits;
import java.io.IOException;
import java.net.URLEncoder;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a URL opens that a client has signed for a file.
class SignedFileUrlTest {
  private static final String HOST = "localhost";
  private static final String FILE = "/home/daytona/na\u00efve+%26 \u6587\u4ef6?#&=.txt";
  private static final String DOWNLOAD = "/files/download";
  private static final String UPLOAD = "/files/upload-v2";
  private static final long LATER = Instant.now().getEpochSecond() + 3_600;

  private final SigningKey key = SigningKey.random();
  private ProxyFixture fixture;

  /// Whether the sandboxes are on another machine.
  boolean remote() {
    return false;
  }

  @BeforeEach
  void start() {
    fixture = new ProxyFixture(ProxyLimits.DEFAULT, remote());
    fixture.directory.signingKeys.put(fixture.closed, key);
    fixture.directory.signingKeys.put(fixture.open, SigningKey.random());
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void opensTheFileThatItNamesToAnybody() throws IOException {
    String answer = send("GET", DOWNLOAD + "?" + query("GET", FILE, LATER));

    assertThat(status(answer)).isEqualTo(200);
    assertThat(utf8(answer))
        .contains("toolbox of " + fixture.closed)
        .contains("GET /files/download?path=" + encoded(FILE) + "\n")
        .contains("\npath=" + FILE + "\n");
    assertThat(utf8(send("POST", UPLOAD + "?" + query("POST", "relative/file", 0))))
        .contains("POST /files/upload-v2?path=relative%2Ffile\n");
  }

  @Test
  void readsParametersInAnyOrderAndBothSpellingsOfABlank() throws IOException {
    String signature = key.sign("GET", "a b", LATER);

    assertThat(send("GET", DOWNLOAD + "?signature=" + signature + "&path=a%20b&expires=" + LATER))
        .contains("\npath=a b\n");
    assertThat(
            send("GET", DOWNLOAD + "?expires=" + LATER + "&signature=" + signature + "&path=a+b"))
        .contains("\npath=a b\n");
  }

  @Test
  void showsTheToolboxNothingButTheSignedPath() throws IOException {
    String answer = send("GET", DOWNLOAD + "?" + query("GET", FILE, LATER));

    assertThat(answer).doesNotContain("signature").doesNotContain("expires");
  }

  @Test
  void opensNothingWhenItsTimeIsOver() throws IOException {
    String over = send("GET", DOWNLOAD + "?" + query("GET", FILE, LATER - 7_200));

    assertThat(status(over)).isEqualTo(401);
    assertThat(over).contains("is over").contains("\"code\":\"UNAUTHORIZED\"");
  }

  @Test
  void opensNothingFromTheMomentTheKeyIsRotated() throws IOException {
    String url = DOWNLOAD + "?" + query("GET", FILE, LATER);
    assertThat(status(send("GET", url))).isEqualTo(200);

    fixture.directory.signingKeys.put(fixture.closed, SigningKey.random());
    assertThat(status(send("GET", url))).isEqualTo(401);
    fixture.directory.signingKeys.clear();
    assertThat(status(send("GET", url))).isEqualTo(401);
  }

  @Test
  void opensNoOtherSandboxAndNoPort() throws IOException {
    String query = query("GET", FILE, LATER);

    assertThat(status(fixture.get(HOST, "/toolbox/" + fixture.open + DOWNLOAD + "?" + query)))
        .isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(2280), DOWNLOAD + "?" + query))).isEqualTo(401);
    assertThat(status(fixture.get(fixture.host(3000), DOWNLOAD + "?" + query))).isEqualTo(401);
    assertThat(fixture.gateway.dialled).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /files/info",
        "GET /files",
        "GET /files/download/",
        "GET //files/download",
        "GET /files/%64ownload",
        "GET /files/../files/download",
        "GET /proxy/2280/files/download",
        "GET /proxy/3000/files/download",
        "GET /work-dir",
        "HEAD /files/download",
        "POST /files/download",
        "PUT /files/download",
        "GET /files/upload-v2",
        "POST /files/upload",
        "POST /files/bulk-upload",
        "POST /files/upload-v2/",
        "DELETE /files",
        "POST /process/execute"
      })
  void opensNoOtherCall(String call) throws IOException {
    String method = call.substring(0, call.indexOf(' '));
    String path = call.substring(call.indexOf(' ') + 1);
    for (String signed : new String[] {"GET", "POST", method}) {
      if (!call.equals(signed + " " + DOWNLOAD) && !call.equals(signed + " " + UPLOAD)) {
        assertThat(status(send(method, path + "?" + query(signed, FILE, LATER)))).isEqualTo(401);
      }
    }
  }

  /// `P`, `E` and `S` stand for the good path, time and signature.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "path=P",
        "path=P&expires=E",
        "path=P&signature=S",
        "expires=E&signature=S",
        "path=&expires=E&signature=S",
        "path&expires=E&signature=S",
        "path=P&expires=E&signature=S&",
        "&path=P&expires=E&signature=S",
        "path=P&path=P&expires=E&signature=S",
        "path=other&path=P&expires=E&signature=S",
        "path=P&path[]=other&expires=E&signature=S",
        "path[]=P&expires=E&signature=S",
        "p%61th=P&expires=E&signature=S",
        "Path=P&expires=E&signature=S",
        "path=P&expires=E&expires=0&signature=S",
        "path=P&expires=E&signature=S&signature=S",
        "path=P&expires=E&signature=S&other=1",
        "path=P&expires=E&signature=S;path=other",
        "path=P;expires=E;signature=S",
        "path=P%00&expires=E&signature=S",
        "path=P%&expires=E&signature=S",
        "path=P%2&expires=E&signature=S",
        "path=P%C3&expires=E&signature=S",
        "path=P%zz&expires=E&signature=S",
        "path=%C0%AF&expires=E&signature=S",
        "path=P/&expires=E&signature=S",
        "path=/P&expires=E&signature=S",
        "path=P&expires=+E&signature=S",
        "path=P&expires=%2BE&signature=S",
        "path=P&expires=-E&signature=S",
        "path=P&expires=0E&signature=S",
        "path=P&expires=E%20&signature=S",
        "path=P&expires=+&signature=S",
        "path=P&expires=E.0&signature=S",
        "path=P&expires=0&signature=S",
        "path=P&expires=00&signature=S",
        "path=P&expires=-1&signature=S",
        "path=P&expires=9999999999999999999999&signature=S",
        "path=P&expires=%D9%A1&signature=S",
        "path=P&expires=&signature=S",
        "path=P&expires=E&signature=S=",
        "path=P&expires=E&signature=S%3D",
        "path=P&expires=E&signature=+S",
        "path=P&expires=E&signature=",
        "path=P&expires=E&signature=v1_",
        "path=P&expires=E&signature=V1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "path=P&expires=E&signature=v2_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "path=P&expires=E&signature=v1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void refusesWhatIsNotSpelledAsItWasMade(String pattern) throws IOException {
    String query =
        pattern
            .replace("S", key.sign("GET", FILE, LATER))
            .replace("E", Long.toString(LATER))
            .replace("P", encoded(FILE));

    String answer = send("GET", DOWNLOAD + "?" + query);

    assertThat(status(answer)).isEqualTo(401);
    assertThat(answer).doesNotContain("toolbox of");
  }

  private String send(String method, String target) throws IOException {
    return fixture.send(method, HOST, "/toolbox/" + fixture.closed + target, "");
  }

  private String query(String method, String path, long expires) {
    return "path="
        + encoded(path)
        + "&expires="
        + expires
        + "&signature="
        + key.sign(method, path, expires);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static String utf8(String latin) {
    return new String(latin.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), UTF_8);
  }
}
