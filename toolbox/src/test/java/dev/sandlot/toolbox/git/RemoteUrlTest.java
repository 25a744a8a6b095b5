package dev.sandlot.toolbox.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.git.command.Credential;
import dev.sandlot.toolbox.git.command.RemoteAccess;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RemoteUrlTest {
  private static final Credential ROBOT = new Credential("robot", "secret");

  @Test
  void bindsACredentialToSchemeHostAndPort() {
    RemoteUrl url = RemoteUrl.of("https://git.example:8443/a/b.git?x=y");

    assertThat(url.access(Optional.of(ROBOT)))
        .isEqualTo(new RemoteAccess.Given(ROBOT, "https://git.example:8443"));
    assertThat(url.access(Optional.empty())).isEqualTo(new RemoteAccess.Configured());
  }

  @Test
  void removesThePasswordFromTheUrl() {
    RemoteUrl url = RemoteUrl.of("http://me:a%2Fb+%25@[::1]:80/x.git");

    assertThat(url.text()).isEqualTo("http://[::1]:80/x.git");
    assertThat(url.embedded()).contains(new Credential("me", "a/b+%"));
    assertThat(RemoteUrl.of("https://me@host/x").text()).isEqualTo("https://me@host/x");
    assertThat(RemoteUrl.of("git@host:x.git").origin()).isEmpty();
    assertThat(RemoteUrl.of("/srv/x.git").origin()).isEmpty();
  }

  @Test
  void refusesUrlsThatParsersReadDifferently() {
    for (String odd :
        List.of(
            "https://good.example\\@evil.example/x",
            "https://good.example:pass@word@evil.example/x",
            "https://good.example#@evil.example/x",
            "https://good.example /x",
            "https:///x",
            "https:good.example/x",
            "HTTPS://good.example/x",
            "https://good.example:port/x",
            "https://good.example\n.evil.example/x",
            "https://me:%zz@good.example/x",
            "https://me:a%0ab@good.example/x",
            "ssh://me:secret@good.example/x",
            "-uhttps://good.example/x")) {
      assertThatThrownBy(() -> RemoteUrl.of(odd)).as(odd).isInstanceOf(OperationFailure.class);
    }
  }

  /// In time that grew with the square of the length, it would take hours.
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void refusesUrlsBeyondTheLimit() {
    for (String odd :
        List.of(
            "a://" + ":".repeat(80_000), "https://a" + "-a".repeat(400_000), "/x".repeat(9_000))) {
      assertThatThrownBy(() -> RemoteUrl.of(odd))
          .isInstanceOf(OperationFailure.class)
          .hasMessageContaining("8192 characters");
    }
  }

  @Test
  void refusesACredentialForOtherThanHttp() {
    assertThatThrownBy(() -> RemoteUrl.of("git@host:x.git").access(Optional.of(ROBOT)))
        .hasMessageContaining("http and https only");
  }
}
