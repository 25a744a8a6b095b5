package dev.sandlot.runner;

import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.launcher.LauncherDriver;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.job.JobResourceKind;
import dev.sandlot.runner.dns.DnsForwarder;
import dev.sandlot.runner.job.ControlPlaneClient;
import dev.sandlot.runner.job.HealthReports;
import dev.sandlot.runner.job.JobDispatcher;
import dev.sandlot.runner.job.JobLoop;
import dev.sandlot.runner.sandbox.ExpectedStates;
import dev.sandlot.runner.sandbox.HostReconciler;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.runner.sandbox.SandboxJobs;
import dev.sandlot.runtime.HostDescription;
import dev.sandlot.runtime.ToolboxGateway;
import dev.sandlot.toolbox.Toolbox;
import dev.sandlot.toolbox.ToolboxRoutes;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A runner. The only file that creates its objects, in the order in which they start.
public final class Runner implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Runner.class);

  private final LauncherDriver driver;
  private final AgentConnector connector;
  private final HostedSandboxes sandboxes;
  private final DnsForwarder dns;
  private final Toolbox toolbox;
  private final ControlPlaneClient controlPlane;
  private final HostReconciler reconciler;
  private final HealthReports health;
  private final JobLoop jobs;

  private Runner(RunnerConfig config) throws InterruptedException {
    driver = new LauncherDriver(config.launcherSocket(), config.engine());
    HostDescription host = driver.describe();
    connector = new AgentConnector();
    sandboxes = new HostedSandboxes(driver, connector, config.processesMax());
    dns = DnsForwarder.start(host.dns(), config.dns(), driver::policyAt);
    toolbox =
        new Toolbox(
            sandboxes, new ToolboxRoutes(driver, ToolboxLimits.STANDARD, config.spoolFolder()));
    controlPlane = new ControlPlaneClient(config.controlPlane(), config.runnerKey());
    reconciler = new HostReconciler(driver, sandboxes, new ControlPlaneStates(controlPlane));
    reconciler.adopt();
    reconciler.start();
    health = HealthReports.start(controlPlane, new HealthReport(config, driver, sandboxes)::report);
    jobs =
        JobLoop.start(
            controlPlane,
            new JobDispatcher(Map.of(JobResourceKind.SANDBOX, new SandboxJobs(sandboxes))),
            config.jobsMax());
    LOGGER
        .atInfo()
        .addKeyValue("engine", config.engine())
        .addKeyValue("engineVersion", host.engineVersion())
        .addKeyValue("adopted", sandboxes.all().size())
        .log("runner started");
  }

  /// Starts a runner: adopts the sandboxes that run on the machine, then takes jobs. The control
  /// plane may be started later.
  ///
  /// @throws dev.sandlot.runtime.RuntimeFailure when the launcher cannot be reached or has no such
  ///   engine
  /// @throws UncheckedIOException when an address or a folder cannot be used
  public static Runner start(RunnerConfig config) throws InterruptedException {
    try {
      Files.createDirectories(config.spoolFolder());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the folder " + config.spoolFolder(), e);
    }
    return new Runner(config);
  }

  /// Access to its sandboxes, for the proxy.
  public ToolboxGateway gateway() {
    return toolbox;
  }

  /// How many sandboxes run now.
  public int runningSandboxes() {
    return sandboxes.all().size();
  }

  /// How many DNS queries of sandboxes came in, and how many were dropped at a limit.
  public long[] nameLookups() {
    return new long[] {dns.questions(), dns.dropped()};
  }

  /// Stops the runner; its sandboxes go on running and are adopted by the next one.
  @Override
  public void close() {
    jobs.close();
    health.close();
    reconciler.close();
    controlPlane.close();
    dns.close();
    sandboxes.close();
    connector.close();
    driver.close();
  }

  private record ControlPlaneStates(ControlPlaneClient controlPlane) implements ExpectedStates {
    @Override
    public Map<SandboxId, Optional<SandboxState>> all() throws IOException, InterruptedException {
      return controlPlane.sandboxes();
    }

    @Override
    public void stopped(SandboxId id, String reason) throws IOException, InterruptedException {
      controlPlane.reportState(id, SandboxState.STOPPED, reason);
    }
  }
}
