package dev.sandlot.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.throttle.FailedAttemptsLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Who keeps failing to authenticate at the proxy is kept out for a while, and nobody else.
class ProxyFailedAttemptsTest {
  private static final int MANY = FailedAttemptsLimits.STANDARD.sourceBurst() * 2;

  private final ProxyFixture fixture = new ProxyFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  private int ask(String host, String... headers) throws IOException {
    return ProxyFixture.status(fixture.get(host, "/", headers));
  }

  /// From another address of this machine.
  private int askFromElsewhere(String host, String... headers) throws IOException {
    InetAddress elsewhere = InetAddress.ofLiteral("127.0.0.2");
    try (Socket socket =
        new Socket(InetAddress.ofLiteral("127.0.0.1"), fixture.server.port(), elsewhere, 0)) {
      socket.getOutputStream().write(ProxyFixture.head("GET", host, "/", 0, headers));
      return ProxyFixture.status(new String(socket.getInputStream().readAllBytes(), ISO_8859_1));
    }
  }

  private int failUntilRefused(String header) throws IOException {
    for (int time = 0; time < MANY; time++) {
      int status = ask(fixture.host(3000), header + time);
      if (status != 401) {
        return status;
      }
    }
    return 401;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer wrong",
        "X-Daytona-Preview-Token: wrong",
        "Cookie: daytona-sandbox-auth-x=wrong"
      })
  void refusesWhoKeepsGuessing(String header) throws IOException {
    assertThat(failUntilRefused(header)).isEqualTo(429);
  }

  @Test
  void keepsNobodyElseOut() throws IOException {
    String key = "Authorization: Bearer " + ProxyFixture.KEY;
    assertThat(ask(fixture.host(3000), key)).isNotIn(401, 429);
    assertThat(failUntilRefused("Authorization: Bearer wrong")).isEqualTo(429);

    assertThat(ask(fixture.host(3000), key)).isNotIn(401, 429);
    assertThat(ask(fixture.publicHost(3000))).isNotIn(401, 429);
    assertThat(ask(fixture.publicHost(3000), "Authorization: Bearer of-the-application"))
        .isNotIn(401, 429);
    assertThat(
            askFromElsewhere(fixture.host(3000), "X-Daytona-Preview-Token: " + ProxyFixture.TOKEN))
        .isNotIn(401, 429);
  }
}
