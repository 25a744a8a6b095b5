package dev.sandlot.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.model.SandboxId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The cookie that keeps a browser let in.
class PreviewCookieTest {
  private static final SandboxId ID = SandboxId.of("11111111-2222-4333-8444-555555555555");
  private static final Port PORT = new Port(3000);
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final String TOKEN = "the-token";

  @Test
  void isOverAtItsEndWhateverTheBrowserKeeps() {
    Duration age = ProxyLimits.DEFAULT.cookieAge();
    String cookie = value(cookies(false, START).issue(PORT, ID, TOKEN));

    assertThat(read(false, START.plus(age).minusSeconds(1), cookie)).containsExactly(TOKEN);
    assertThat(read(false, START.plus(age), cookie)).isEmpty();
    String end = Long.toString(START.plus(age).getEpochSecond());
    String moved = cookie.replace(end, Long.toString(START.plus(age).getEpochSecond() + 3600));
    assertThat(moved).isNotEqualTo(cookie);
    assertThat(read(false, START, moved)).isEmpty();
  }

  @Test
  void isTakenFromItsOwnHostAloneBehindTls() {
    String issued = cookies(true, START).issue(PORT, ID, TOKEN);

    assertThat(issued)
        .startsWith("__Host-daytona-sandbox-auth-" + ID + "=")
        .endsWith("; Path=/; HttpOnly; SameSite=Lax; Secure");
    assertThat(read(true, START, value(issued))).containsExactly(TOKEN);
    // A neighbouring host can set the plain name for the domain above both.
    assertThat(read(true, START, value(issued).replace("__Host-", ""))).isEmpty();
  }

  @Test
  void isLookedForAmongSoManyOfItsNameAndNoMore() {
    String ours = value(cookies(false, START).issue(PORT, ID, TOKEN));
    String name = ours.substring(0, ours.indexOf('='));

    assertThat(read(false, START, forged(name, 31) + ours)).containsExactly(TOKEN);
    assertThat(read(false, START, forged(name, 32) + ours)).isEmpty();
  }

  private static String forged(String name, int count) {
    return IntStream.range(0, count)
        .mapToObj(index -> name + "=x" + index + ".9999999999.y; ")
        .collect(Collectors.joining());
  }

  private static List<String> read(boolean secure, Instant now, String cookie) {
    RequestHead head =
        new RequestHead("GET", "/", "", List.of(Map.entry("Cookie", cookie)), "192.0.2.1", false);
    return cookies(secure, now).tokens(head, PORT, ID);
  }

  private static PreviewCookie cookies(boolean secure, Instant now) {
    ProxyConfig config =
        new ProxyConfig("proxy.test", Set.of(), secure, new byte[32], ProxyLimits.DEFAULT);
    return new PreviewCookie(config, Clock.fixed(now, ZoneOffset.UTC));
  }

  private static String value(String setCookie) {
    return setCookie.substring(0, setCookie.indexOf(';'));
  }
}
