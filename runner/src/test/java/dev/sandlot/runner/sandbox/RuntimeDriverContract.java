package dev.sandlot.runner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.agentclient.Identity;
import dev.sandlot.agentclient.files.AgentFiles.WriteOptions;
import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import dev.sandlot.runtime.DiskRequest;
import dev.sandlot.runtime.HostedDisk;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.runtime.RuntimeDriver.Capability;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.RuntimeFailure.Kind;
import dev.sandlot.runtime.StartRequest;
import dev.sandlot.runtime.StartedSandbox;
import dev.sandlot.testing.Waiting;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The contract of every engine's driver.
abstract class RuntimeDriverContract {
  private static final NetworkPolicy INTERNET = new NetworkPolicy.Internet();
  private static final SandboxLimits LIMITS =
      new SandboxLimits(1_000, 512L << 20, 64L << 20, 1_000);

  private final AgentConnector connector = new AgentConnector();
  private final SandboxId id = SandboxId.random();

  /// The driver; the same one during a test.
  abstract RuntimeDriver driver();

  /// An image that exists on this machine.
  abstract String image();

  /// The user that commands run as.
  abstract String user();

  @AfterEach
  void cleanUp() {
    driver().deleteDisk(id);
    connector.close();
  }

  @Test
  void runsACommandInAStartedSandbox() throws Exception {
    StartedSandbox started = startNew();

    try (AgentClient agent = connect(started)) {
      assertThat(output(agent, "echo hello; exit 3")).isEqualTo("hello\n 3");
    }
  }

  @Test
  void keepsFilesOverStopAndStart() throws Exception {
    try (AgentClient agent = connect(startNew())) {
      agent
          .files()
          .write("kept.txt", new WriteOptions(0644, 0755), new ByteArrayInputStream(bytes("kept")));
      agent.shutdown(Duration.ofMillis(300));
    }
    assertThat(driver().stop(id, Duration.ofSeconds(5)).engine())
        .isGreaterThanOrEqualTo(Duration.ZERO);
    assertThat(row().orElseThrow().running()).isFalse();

    try (AgentClient agent = connect(start());
        ReadableFile file = agent.files().read("kept.txt", 0, 0)) {
      assertThat(file.content().readAllBytes()).isEqualTo(bytes("kept"));
    }
  }

  @Test
  void repeatsEveryOperationIdempotently() throws Exception {
    startNew();
    createDisk();
    StartedSandbox again = start();
    connect(again).close();

    driver().kill(id);
    driver().kill(id);
    driver().deleteDisk(id);
    driver().deleteDisk(id);

    assertThat(row()).isEmpty();
    assertThat(driver().inspect(id)).isEmpty();
  }

  @Test
  void refusesUnknownImagesAndSandboxes() {
    assertThatThrownBy(this::start)
        .isInstanceOfSatisfying(
            RuntimeFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND));
    assertThatThrownBy(
            () -> driver().createDisk(new DiskRequest(id, "nosuchimage", id.toString(), 64 << 20)))
        .isInstanceOfSatisfying(
            RuntimeFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND));
    driver().kill(id);
  }

  @Test
  void listsRunningSandboxesAndTheirExit() throws Exception {
    StartedSandbox started = startNew();
    HostedDisk running = row().orElseThrow();
    assertThat(running.running()).isTrue();
    assertThat(running.image()).isEqualTo(image());
    assertThat(running.diskBytes()).isEqualTo(LIMITS.diskBytes());
    assertThat(running.agentSocket()).contains(started.agentSocket());
    assertThat(running.limits()).contains(LIMITS);
    assertThat(driver().inspect(id).orElseThrow().disk().running()).isTrue();

    try (AgentClient agent = connect(started)) {
      agent.shutdown(Duration.ofMillis(300));
    }
    Waiting.eventually("its end is known", () -> row().flatMap(HostedDisk::exit).isPresent());
    HostedDisk ended = row().orElseThrow();
    assertThat(ended.running()).isFalse();
    assertThat(ended.exit().orElseThrow().code()).isEqualTo(0);
  }

  @Test
  void changesTheNetworkOfARunningSandbox() {
    startNew();

    driver().setNetwork(id, new NetworkPolicy.BlockAll());
    driver().setNetwork(id, new NetworkPolicy.AllowList(List.of(Ipv4Range.of("203.0.113.0/24"))));
    driver().setNetwork(id, INTERNET);

    assertThat(row().orElseThrow().running()).isTrue();
  }

  /// A scenario that shows one capability.
  private interface Scenario {
    void run() throws Exception;
  }

  @Test
  void doesAllThatItSaysItCan() throws Exception {
    for (Capability capability : driver().capabilities()) {
      // Without a default, so that a new capability does not compile before it has a scenario.
      Scenario scenario =
          switch (capability) {
            case PAUSE -> this::stopsTheClockAndLetsItGoOn;
          };
      scenario.run();
    }
  }

  private void stopsTheClockAndLetsItGoOn() throws Exception {
    BlockingQueue<Integer> ticks = new LinkedBlockingQueue<>();
    try (AgentClient agent = connect(startNew())) {
      Thread clock = Thread.ofVirtual().start(() -> tick(agent, ticks));
      assertThat(ticks.poll(20, TimeUnit.SECONDS)).as("a process that runs").isNotNull();

      driver().pause(id);
      int late = 0;
      // What was under way still comes, then nothing; a process that ran on would never be silent.
      while (ticks.poll(500, TimeUnit.MILLISECONDS) != null) {
        late++;
        assertThat(late).as("ticks of a paused process").isLessThan(1_000);
      }

      driver().resume(id);
      assertThat(ticks.poll(20, TimeUnit.SECONDS)).as("a process that goes on").isNotNull();
      clock.interrupt();
    }
  }

  /// Runs a process that tells again and again that it runs, until the thread is interrupted.
  private static void tick(AgentClient agent, BlockingQueue<Integer> ticks) {
    try {
      var _ =
          agent.run(
              new ProcessRequest(
                  List.of("/bin/sh", "-c", "while :; do echo tick; sleep 0.02; done"),
                  new byte[0],
                  Map.of(),
                  "",
                  Duration.ZERO),
              data -> ticks.add(data.remaining()));
    } catch (IOException | InterruptedException | AgentFailure _) {
      // The test is over.
    }
  }

  @Test
  void describesTheMachine() {
    assertThat(driver().describe().usable()).isTrue();
    assertThat(driver().describe().poolBytes()).isPositive();
    assertThat(driver().describe().sandboxesMax()).isPositive();
  }

  private StartedSandbox startNew() {
    createDisk();
    return start();
  }

  private void createDisk() {
    driver().createDisk(new DiskRequest(id, image(), id.toString(), LIMITS.diskBytes()));
  }

  private StartedSandbox start() {
    return driver().start(new StartRequest(id, LIMITS, INTERNET));
  }

  private AgentClient connect(StartedSandbox started) throws InterruptedException {
    AgentClient agent = connector.connect(started.agentSocket());
    assertThat(agent.awaitHello(Duration.ofSeconds(20)).protocol()).isPositive();
    agent.configure(new Identity(Map.of("NAME", "value"), user(), "", ""));
    return agent;
  }

  private Optional<HostedDisk> row() {
    return driver().list().stream().filter(disk -> disk.id().equals(id)).findFirst();
  }

  private static String output(AgentClient agent, String command)
      throws IOException, InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RunOutcome outcome =
        agent.run(
            new ProcessRequest(
                List.of("/bin/sh", "-c", command), new byte[0], Map.of(), "", Duration.ZERO),
            data -> {
              byte[] chunk = new byte[data.remaining()];
              data.get(chunk);
              out.writeBytes(chunk);
            });
    int code = outcome instanceof RunOutcome.Exited exited ? exited.code() : -1;
    return out.toString(StandardCharsets.UTF_8) + " " + code;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
