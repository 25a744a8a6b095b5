package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.agentclient.process.TerminalSize;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.code.CodeRequest;
import dev.sandlot.toolbox.code.CodeResult;
import dev.sandlot.toolbox.code.CodeRunner;
import dev.sandlot.toolbox.files.FileSearch;
import dev.sandlot.toolbox.files.SearchLimits;
import dev.sandlot.toolbox.process.Command;
import dev.sandlot.toolbox.process.CommandResult;
import dev.sandlot.toolbox.process.CommandRunner;
import dev.sandlot.toolbox.program.CodeLanguage;
import dev.sandlot.toolbox.program.ShellText;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.terminal.Terminal;
import dev.sandlot.toolbox.terminal.TerminalEnd;
import dev.sandlot.toolbox.terminal.TerminalLimits;
import dev.sandlot.toolbox.terminal.TerminalRequest;
import dev.sandlot.toolbox.terminal.TerminalScreen;
import dev.sandlot.toolbox.terminal.Terminals;
import dev.sandlot.toolbox.warm.WarmLimits;
import dev.sandlot.toolbox.warm.WarmProcesses;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Commands, programs, searches and terminals, called without HTTP.
@TestInstance(Lifecycle.PER_CLASS)
class WithoutHttpTest {
  private final SandboxId id = SandboxId.random();
  private final AgentConnector connector = new AgentConnector();
  private FakeDriver driver;
  private HostedSandboxes sandboxes;
  private RunningSandbox sandbox;
  private CommandRunner commands;

  @BeforeAll
  void start() throws Exception {
    driver = new FakeDriver(Files.createTempDirectory("fake"));
    sandboxes = new HostedSandboxes(driver, connector, 100);
    SandboxJob order =
        new SandboxJob(
            id.toString(),
            "test",
            FakeDriver.IMAGE,
            "daytona",
            1,
            1,
            1,
            Map.of(),
            false,
            "",
            "o",
            "r");
    sandbox = sandboxes.start(id, order, new NetworkPolicy.Internet(), true, Instant.now());
    commands =
        new CommandRunner(
            ToolboxLimits.STANDARD,
            Files.createTempDirectory("spool"),
            new WarmProcesses(WarmLimits.STANDARD));
  }

  @AfterAll
  void stop() throws Exception {
    sandboxes.destroy(id);
    sandboxes.close();
    connector.close();
    driver.close();
  }

  @Test
  void runsACommand() throws Exception {
    Command command =
        Command.of(
            ShellText.of("/bin/sh", "echo out; exit 3").request(Map.of(), "", Duration.ZERO));

    try (CommandResult result = commands.run(sandbox, command)) {
      assertThat(result.output().text()).isEqualTo("out\n");
      assertThat(result.exitCode()).isEqualTo(3);
    }
  }

  @Test
  void runsAProgram() throws Exception {
    CodeRequest program =
        new CodeRequest(CodeLanguage.PYTHON, "print(6 * 7)", List.of(), Map.of(), Duration.ZERO);

    try (CodeResult result = new CodeRunner(commands, 1 << 20).run(sandbox, program)) {
      assertThat(result.command().output().text()).isEqualTo("42\n");
      assertThat(result.charts()).isEmpty();
    }
  }

  @Test
  void findsFilesAndLines() throws Exception {
    String text = "mkdir searched && printf 'first\\nsecond\\n' >searched/one.txt";
    Command making = Command.of(ShellText.of("/bin/sh", text).request(Map.of(), "", Duration.ZERO));
    commands.run(sandbox, making).close();
    FileSearch search = new FileSearch(ToolboxLimits.STANDARD, SearchLimits.STANDARD);

    assertThat(search.names(sandbox, () -> false, "searched", "*.txt"))
        .containsExactly("searched/one.txt");
    assertThat(search.lines(sandbox, () -> false, "searched", "second"))
        .containsExactly(new FileSearch.Match("searched/one.txt", 2, "second"));
  }

  @Test
  void showsATerminalAndItsEnd() throws Exception {
    Terminals terminals = new Terminals(TerminalLimits.STANDARD);
    Terminal terminal =
        terminals.create(
            sandbox, new TerminalRequest("plain", "", Map.of(), new TerminalSize(80, 24), false));
    Screen screen = new Screen();
    screen.input.add("echo $((40 + 2)); exit 5\n".getBytes(UTF_8));

    terminals.viewer(sandbox, terminal).attach(screen);

    assertThat(screen.shown.toString()).contains("42");
    assertThat(screen.end).map(TerminalEnd::code).contains(5);
  }

  /// Records the output.
  private static final class Screen implements TerminalScreen {
    private static final byte[] NO_MORE = {};

    private final StringBuffer shown = new StringBuffer();
    private final BlockingQueue<byte[]> input = new LinkedBlockingQueue<>();
    private Optional<TerminalEnd> end = Optional.empty();

    @Override
    public void show(byte[] bytes, int offset, int length) {
      shown.append(new String(bytes, offset, length, UTF_8));
    }

    @Override
    public Optional<byte[]> readInput() throws InterruptedException {
      return Optional.of(input.take()).filter(bytes -> bytes != NO_MORE);
    }

    @Override
    public boolean disconnected() {
      return false;
    }

    @Override
    public void whenDisconnected(Runnable action) {}

    @Override
    public void ended(TerminalEnd how) {
      end = Optional.of(how);
      input.add(NO_MORE);
    }

    @Override
    public void tooSlow() {
      input.add(NO_MORE);
    }

    @Override
    public void failed(String sentence) {
      input.add(NO_MORE);
    }
  }
}
