package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.http.throttle.FailedAttemptsLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What headers and paths that a client makes up can bring the API to do: nothing.
class ApiExposureIT {
  private static final FailedAttemptsLimits FEW =
      new FailedAttemptsLimits(
          5, Duration.ofHours(1), 1_000, Duration.ofSeconds(1), 5, 100, Duration.ofHours(1));

  private static ApiFixture api;
  private static FakeRunner runner;
  private static String sandbox;

  @BeforeAll
  static void start() {
    api =
        new ApiFixture(
            PostgresHarness.database(),
            config -> config.withAttempts(new FailedAttempts(FEW, Ticker.systemTicker())));
    runner = new FakeRunner(api).start();
    sandbox = api.post("/sandbox", "{}").text("id");
  }

  @AfterAll
  static void stop() {
    runner.close();
    api.close();
  }

  /// The whole answer, head and body.
  private static String ask(String method, String target, String key, String... headers)
      throws IOException {
    StringBuilder text =
        new StringBuilder(method + " " + target + " HTTP/1.1\r\nConnection: close\r\n");
    if (!key.isEmpty()) {
      text.append("Authorization: Bearer ").append(key).append("\r\n");
    }
    for (String header : headers) {
      text.append(header).append("\r\n");
    }
    try (Socket socket = new Socket("127.0.0.1", api.port())) {
      socket.setSoTimeout((int) Duration.ofSeconds(30).toMillis());
      OutputStream out = socket.getOutputStream();
      out.write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void addressesComeFromTheConfigurationNotFromHeaders() throws IOException {
    String answer =
        ask(
            "GET",
            "/api/sandbox/" + sandbox + "/ports/3000/preview-url",
            api.adminKey,
            "Host: evil.example",
            "X-Forwarded-Host: evil.example",
            "Forwarded: host=evil.example");

    assertThat(answer).contains("proxy.localhost:4000").doesNotContain("evil.example");
  }

  @Test
  void pagesOfOtherOriginsGetNoCredentials() throws IOException {
    for (String method : new String[] {"OPTIONS", "GET"}) {
      String answer =
          ask(
              method,
              "/api/sandbox",
              api.adminKey,
              "Host: localhost",
              "Origin: https://evil.example");

      assertThat(answer.toLowerCase(Locale.ROOT))
          .contains("access-control-allow-origin: *")
          .doesNotContain("access-control-allow-credentials")
          .doesNotContain("set-cookie");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//evil.example/api/sandbox",
        "/api//evil.example",
        "/api/sandbox/..%2f..%2fevil.example",
        "/api/sandbox?redirect=https://evil.example",
        "/api/%5cevil.example",
        "/api/sandbox/%0d%0aLocation:%20https://evil.example"
      })
  void nothingRedirects(String target) throws IOException {
    String answer = ask("GET", target, api.adminKey, "Host: localhost");

    assertThat(answer.substring(9, 10)).as(answer).isNotEqualTo("3");
    assertThat(answer.toLowerCase(Locale.ROOT)).doesNotContain("\r\nlocation:");
  }

  @Test
  void aForwardedAddressIsNeitherTrustedNorCounted() throws IOException {
    String last = "";
    for (int time = 0; time < 7; time++) {
      last =
          ask(
              "GET",
              "/api/sandbox",
              Secret.random().text(),
              "Host: localhost",
              "X-Forwarded-For: 203.0.113." + time,
              "X-Real-IP: 203.0.113." + time);
    }

    assertThat(last).startsWith("HTTP/1.1 429");
    assertThat(ask("GET", "/api/sandbox", "", "Host: localhost", "X-Forwarded-For: 127.0.0.1"))
        .startsWith("HTTP/1.1 401");
  }
}
