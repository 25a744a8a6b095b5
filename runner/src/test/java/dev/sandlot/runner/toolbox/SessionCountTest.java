package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.session.SessionLimits;
import dev.sandlot.toolbox.session.Sessions;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The limit of sessions, which small sandboxes never reach: they run out of memory before.
class SessionCountTest {
  private static final SessionLimits TWO =
      new SessionLimits(
          2,
          64,
          2_000,
          1 << 20,
          1 << 20,
          1 << 20,
          1 << 20,
          1 << 10,
          1 << 10,
          Duration.ofSeconds(1));

  @Test
  void refusesSessionsBeyondTheLimit() throws Exception {
    SandboxId id = SandboxId.random();
    try (FakeDriver driver = new FakeDriver(Files.createTempDirectory("fake"));
        AgentConnector connector = new AgentConnector();
        HostedSandboxes sandboxes = new HostedSandboxes(driver, connector, 100)) {
      RunningSandbox sandbox =
          sandboxes.start(id, order(id), new NetworkPolicy.Internet(), true, Instant.now());
      Sessions sessions = new Sessions(TWO);
      sessions.create(sandbox, "first", "");
      sessions.create(sandbox, "second", "");

      assertThatThrownBy(() -> sessions.create(sandbox, "third", ""))
          .isInstanceOfSatisfying(
              OperationFailure.class,
              refused -> assertThat(refused.errorCode()).isEqualTo(ErrorCode.UNPROCESSABLE_ENTITY))
          .hasMessageContaining("2 sessions")
          .hasMessageContaining("delete");
      sessions.delete(sandbox, "first");
      sessions.create(sandbox, "third", "");

      sandboxes.destroy(id);
    }
  }

  private static SandboxJob order(SandboxId id) {
    return new SandboxJob(
        id.toString(), "test", FakeDriver.IMAGE, "daytona", 1, 1, 1, Map.of(), false, "", "o", "r");
  }
}
