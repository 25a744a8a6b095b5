package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GitCommandTest {
  private static final Credential ROBOT = new Credential("robot", "very-secret");

  @Test
  void passesASecretInStandardInputAlone() {
    GitCommand command =
        GitCommand.of("clone", "--", "https://host/x", "x")
            .access(new RemoteAccess.Given(ROBOT, "https://host"));

    assertThat(command.commandLine().toString()).doesNotContain("very-secret");
    assertThat(command.variables().toString()).doesNotContain("very-secret");
    assertThat(command.toString()).doesNotContain("very-secret");
    assertThat(new String(command.standardInput(), UTF_8)).startsWith("robot\nvery-secret\n");
  }

  @Test
  void runsHooksOnlyWhenRequested() {
    assertThat(GitCommand.of("checkout").commandLine()).contains("core.hooksPath=/dev/null");
    assertThat(GitCommand.of("commit").withHooks().commandLine())
        .doesNotContain("core.hooksPath=/dev/null");
  }
}
