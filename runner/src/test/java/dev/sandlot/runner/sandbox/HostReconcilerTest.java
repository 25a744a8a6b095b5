package dev.sandlot.runner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.http.Json;
import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.TraceContext;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobResourceKind;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.runner.fake.FakeDriver;
import dev.sandlot.runner.job.Job;
import dev.sandlot.runner.job.JobActions;
import dev.sandlot.runner.job.JobDispatcher;
import dev.sandlot.runner.job.JobFailure;
import dev.sandlot.runtime.DiskRequest;
import dev.sandlot.runtime.EngineExit;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.StartRequest;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Jobs and the reconciler, with a fake engine.
class HostReconcilerTest {
  private final FakeDriver driver = new FakeDriver(Files.createTempDirectory("fake"));
  private final AgentConnector connector = new AgentConnector();
  private final HostedSandboxes sandboxes = new HostedSandboxes(driver, connector, 100);
  private final JobActions jobs =
      new JobDispatcher(Map.of(JobResourceKind.SANDBOX, new SandboxJobs(sandboxes)));
  private final ControlPlane controlPlane = new ControlPlane();
  private final HostReconciler reconciler = new HostReconciler(driver, sandboxes, controlPlane);
  private final SandboxId id = SandboxId.random();

  HostReconcilerTest() throws IOException {}

  private static final class ControlPlane implements ExpectedStates {
    private final Map<SandboxId, Optional<SandboxState>> states = new HashMap<>();
    private final Map<SandboxId, String> stopped = new HashMap<>();
    private boolean away;

    @Override
    public Map<SandboxId, Optional<SandboxState>> all() throws IOException {
      if (away) {
        throw new IOException("away");
      }
      return Map.copyOf(states);
    }

    @Override
    public void stopped(SandboxId sandbox, String reason) throws IOException {
      if (away) {
        throw new IOException("away");
      }
      states.put(sandbox, Optional.of(SandboxState.STOPPED));
      stopped.put(sandbox, reason);
    }
  }

  @AfterEach
  void close() {
    sandboxes.close();
    driver.close();
    connector.close();
  }

  @Test
  void startsASandboxOnceForARepeatedJob() throws Exception {
    create();
    create();

    assertThat(sandboxes.all()).hasSize(1);
    assertThat(driver.list()).hasSize(1);
  }

  @Test
  void leavesNothingRunningAfterAFailedStart() {
    driver.failNextStart(new RuntimeFailure(RuntimeFailure.Kind.CAPACITY, "the machine is full"));

    assertThatThrownBy(this::create)
        .isInstanceOf(JobFailure.class)
        .hasMessage("the machine is full");
    assertThat(sandboxes.find(id)).isEmpty();
  }

  @Test
  void failsToStartWithoutADisk() {
    assertThatThrownBy(() -> carryOut("START_SANDBOX", order("")))
        .isInstanceOf(JobFailure.class)
        .hasMessageContaining("files are no longer on this runner");
  }

  @Test
  void refusesAnInvalidAllowList() {
    assertThatThrownBy(() -> carryOut("CREATE_SANDBOX", order("203.0.113.0/24,nonsense")))
        .isInstanceOf(JobFailure.class)
        .hasMessageContaining("nonsense");
    assertThat(driver.list()).isEmpty();
  }

  @Test
  void refusesJobsOfUnknownTypes() {
    assertThatThrownBy(() -> carryOut("FORK_SANDBOX", "{}"))
        .isInstanceOf(JobFailure.class)
        .hasMessageContaining("FORK_SANDBOX");
  }

  @Test
  void keepsTheNetworkPolicyAcrossRestarts() throws Exception {
    NetworkPolicy allowed = new NetworkPolicy.AllowList(List.of(Ipv4Range.of("203.0.113.0/24")));

    carryOut("CREATE_SANDBOX", order("203.0.113.0/24"));
    assertThat(driver.network(id)).contains(allowed);
    carryOut("UPDATE_SANDBOX_NETWORK_SETTINGS", "{\"networkBlockAll\":true}");
    assertThat(driver.network(id)).contains(new NetworkPolicy.BlockAll());
    carryOut("STOP_SANDBOX", "{\"force\":false}");
    carryOut("UPDATE_SANDBOX_NETWORK_SETTINGS", "{\"networkBlockAll\":true}");
    carryOut("START_SANDBOX", order("203.0.113.0/24"));

    assertThat(driver.network(id)).contains(allowed);
  }

  @Test
  void reportsWhyASandboxEnded() throws Exception {
    create();
    controlPlane.states.put(id, Optional.of(SandboxState.STARTED));
    driver.crash(id, new EngineExit(-1, 9, true, Instant.now()));

    reconciler.watch();

    assertThat(controlPlane.stopped.get(id)).contains("memory");
    assertThat(sandboxes.find(id)).isEmpty();
  }

  @Test
  void reportsAnEndLaterWhenTheControlPlaneWasUnreachable() throws Exception {
    create();
    controlPlane.states.put(id, Optional.of(SandboxState.STARTED));
    controlPlane.away = true;
    driver.crash(id, new EngineExit(3, 0, false, Instant.now()));
    reconciler.watch();
    controlPlane.away = false;

    reconciler.compare();

    assertThat(controlPlane.stopped.get(id)).contains("exit code 3");
  }

  @Test
  void reportsASandboxWithoutADisk() throws Exception {
    controlPlane.states.put(id, Optional.of(SandboxState.STARTED));

    reconciler.compare();

    assertThat(controlPlane.stopped.get(id)).contains("no longer running");
  }

  @Test
  void removesOrphanedDisks() throws Exception {
    create();

    reconciler.compare();

    assertThat(driver.list()).isEmpty();
  }

  @Test
  void removesNothingWhileTheControlPlaneIsUnreachable() throws Exception {
    create();
    controlPlane.away = true;

    assertThatThrownBy(reconciler::compare).isInstanceOf(IOException.class);

    assertThat(driver.list()).hasSize(1);
  }

  @Test
  void leavesASandboxWithARunningJobAlone() throws Exception {
    create();
    try (var _ = sandboxes.locks().lock(id)) {
      Thread other = Thread.ofVirtual().start(this::compareQuietly);
      other.join();
    }

    assertThat(driver.list()).hasSize(1);
  }

  @Test
  void leavesASandboxInAStateThatItDoesNotKnow() throws Exception {
    create();
    controlPlane.states.put(id, Optional.empty());

    reconciler.compare();

    assertThat(driver.list().getFirst().running()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "FORK_SANDBOX,    SANDBOX,  {},                 FORK_SANDBOX",
    "DESTROY_SANDBOX, SNAPSHOT, {},                 SNAPSHOT",
    "DESTROY_SANDBOX, PLANET,   {},                 PLANET",
    "STOP_SANDBOX,    SANDBOX,  {\"force\":\"no\"}, payload",
    "CREATE_SANDBOX,  SANDBOX,  {},                 payload",
  })
  void failsAJobThatItDoesNotUnderstand(
      String type, String resourceType, String payload, String named) {
    assertThatThrownBy(() -> jobs.carryOut(job(type, resourceType, payload)))
        .isInstanceOf(JobFailure.class)
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @EnumSource(names = {"STOPPED", "ERROR", "DESTROYED"})
  void stopsSandboxesThatMustNotRun(SandboxState state) throws Exception {
    create();
    controlPlane.states.put(id, Optional.of(state));

    reconciler.compare();

    assertThat(driver.list().getFirst().running()).isFalse();
    assertThat(sandboxes.find(id)).isEmpty();
  }

  @Test
  void adoptsRunningSandboxesAfterARestart() throws Exception {
    create();
    HostedSandboxes next = new HostedSandboxes(driver, connector, 100);

    new HostReconciler(driver, next, controlPlane).adopt();

    RunningSandbox adopted = next.find(id).orElseThrow();
    assertThat(adopted.agentVersion()).isEqualTo("fake");
    assertThat(adopted.account().shell()).startsWith("/");
    next.close();
  }

  @Test
  void doesNotAdoptASandboxWhoseStartWasInterrupted() throws Exception {
    driver.createDisk(new DiskRequest(id, FakeDriver.IMAGE, id.toString(), 1 << 30));
    driver.start(
        new StartRequest(
            id, new SandboxLimits(1_000, 1 << 30, 1 << 30, 100), new NetworkPolicy.Internet()));

    reconciler.adopt();
    assertThat(sandboxes.find(id)).isEmpty();
    create();

    assertThat(sandboxes.find(id)).isPresent();
  }

  private void compareQuietly() {
    try {
      reconciler.compare();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void create() throws InterruptedException {
    carryOut("CREATE_SANDBOX", order(""));
  }

  private void carryOut(String type, String payload) throws InterruptedException {
    var _ = jobs.carryOut(job(type, "SANDBOX", payload));
  }

  private Job job(String type, String resourceType, String payload) {
    return new Job(
        JobId.random(),
        type,
        resourceType,
        id.toString(),
        payload,
        TraceContext.NONE,
        Instant.now());
  }

  private String order(String allowList) {
    return Json.text(
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
            allowList,
            "organization",
            "region"));
  }
}
