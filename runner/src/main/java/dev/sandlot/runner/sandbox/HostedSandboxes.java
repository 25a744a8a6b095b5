package dev.sandlot.runner.sandbox;

import dev.sandlot.agentclient.Account;
import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.AgentConnector;
import dev.sandlot.agentclient.AgentHello;
import dev.sandlot.agentclient.Identity;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.runner.job.JobFailure;
import dev.sandlot.runtime.DiskRequest;
import dev.sandlot.runtime.EngineExit;
import dev.sandlot.runtime.HostedDisk;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.StartRequest;
import dev.sandlot.runtime.StartedSandbox;
import dev.sandlot.runtime.StoppedSandbox;
import dev.sandlot.toolbox.sandbox.Entrypoint;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.sandbox.RunningSandboxes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The sandboxes that run on this machine. Thread-safe; operations on one sandbox run one at a
/// time. All operations are idempotent.
public final class HostedSandboxes implements RunningSandboxes, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(HostedSandboxes.class);

  /// An agent on a loaded machine needs seconds for its first answer.
  private static final Duration AGENT_START_MAX = Duration.ofSeconds(30);

  private static final Duration ADOPTION_MAX = Duration.ofSeconds(5);
  private static final Duration STOP_GRACE = Duration.ofMillis(300);

  /// As it ends, a sandbox's kernel writes cached files to disk.
  private static final Duration ENGINE_END_MAX = Duration.ofSeconds(5);

  private final RuntimeDriver driver;
  private final AgentConnector connector;
  private final int processesMax;
  private final SandboxLocks locks = new SandboxLocks();
  private final Map<SandboxId, RunningSandbox> running = new ConcurrentHashMap<>();
  private volatile Runnable linkBroken = () -> {};

  /// @param processesMax processes and threads a sandbox may have
  public HostedSandboxes(RuntimeDriver driver, AgentConnector connector, int processesMax) {
    this.driver = driver;
    this.connector = connector;
    this.processesMax = processesMax;
  }

  /// Sets what is notified when a link has broken.
  void onBrokenLink(Runnable action) {
    linkBroken = action;
  }

  SandboxLocks locks() {
    return locks;
  }

  @Override
  public Optional<RunningSandbox> find(SandboxId id) {
    return Optional.ofNullable(running.get(id));
  }

  /// All that run here.
  public Collection<RunningSandbox> all() {
    return List.copyOf(running.values());
  }

  /// Starts a sandbox.
  ///
  /// @param create whether to create its disk first
  /// @param createdAt when the job was created, to log how long it was queued
  /// @throws JobFailure when the sandbox does not start; nothing of it runs then
  public RunningSandbox start(
      SandboxId id, SandboxJob job, NetworkPolicy network, boolean create, Instant createdAt)
      throws InterruptedException {
    try (var _ = locks.lock(id)) {
      Duration queue = Duration.between(createdAt, Instant.now());
      SandboxLimits limits = limits(job);
      long startedAtNanos = System.nanoTime();
      if (create) {
        driver.createDisk(new DiskRequest(id, job.snapshot(), id.toString(), limits.diskBytes()));
      }
      Duration disk = Duration.ofNanos(System.nanoTime() - startedAtNanos);
      StartedSandbox started = start(new StartRequest(id, limits, network));
      long engineUp = System.nanoTime();
      RunningSandbox sandbox = awaitAgent(id, started.agentSocket(), job, limits);
      Duration agent = Duration.ofNanos(System.nanoTime() - engineUp);
      replace(sandbox);
      new StartPhases(queue, disk, started.storage(), started.network(), started.engine(), agent)
          .log(LOGGER, id, driver.engine());
      return sandbox;
    }
  }

  private StartedSandbox start(StartRequest request) {
    try {
      return driver.start(request);
    } catch (RuntimeFailure failure) {
      if (failure.kind() == RuntimeFailure.Kind.NOT_FOUND) {
        throw new JobFailure("the sandbox's files are no longer on this runner", failure);
      }
      throw failure;
    }
  }

  /// Waits for the agent and configures it.
  private RunningSandbox awaitAgent(SandboxId id, Path socket, SandboxJob job, SandboxLimits limits)
      throws InterruptedException {
    AgentClient agent = connector.connect(socket);
    boolean ready = false;
    try {
      AgentHello hello = agent.awaitHello(AGENT_START_MAX);
      Account account = agent.configure(identity(id, job));
      Entrypoint.start(id, agent.processes(), driver.entrypoint(job.snapshot()));
      ready = true;
      return new RunningSandbox(id, agent, hello.version(), Optional.of(limits), account);
    } catch (AgentFailure failure) {
      throw new JobFailure("the sandbox did not start: " + failureReason(id, failure), failure);
    } finally {
      if (!ready) {
        agent.close();
        driver.kill(id);
      }
    }
  }

  private String failureReason(SandboxId id, AgentFailure failure) {
    return driver
        .inspect(id)
        .flatMap(usage -> usage.disk().exit())
        .map(EngineExit::reason)
        .orElse("its agent did not answer: " + failure.sentence());
  }

  private SandboxLimits limits(SandboxJob job) {
    try {
      return SandboxLimits.ofUnits(
          job.cpuQuota(), job.memoryQuota(), job.storageQuota(), processesMax);
    } catch (IllegalArgumentException e) {
      throw new JobFailure("the sandbox's limits: " + e.getMessage(), e);
    }
  }

  /// The sandbox's environment and user. The snapshot's name is in the job's variables.
  private static Identity identity(SandboxId id, SandboxJob job) {
    Map<String, String> environment = new HashMap<>(job.env());
    environment.put("DAYTONA_SANDBOX_ID", id.toString());
    environment.put("DAYTONA_SANDBOX_USER", job.osUser());
    environment.put("DAYTONA_ORGANIZATION_ID", job.organizationId());
    environment.put("DAYTONA_REGION_ID", job.regionId());
    // No host name: it is set by the engine, from the disk.
    return new Identity(environment, job.osUser(), "", "");
  }

  private void replace(RunningSandbox sandbox) {
    RunningSandbox before = running.put(sandbox.id(), sandbox);
    if (before != null) {
      before.agent().close();
    }
    watchLink(sandbox);
  }

  private void watchLink(RunningSandbox sandbox) {
    sandbox
        .agent()
        .whenBroken(() -> {
          linkBroken.run();
          if (running.get(sandbox.id()) == sandbox) {
            watchLink(sandbox);
          }
        });
  }

  /// Ends a sandbox; its disk stays.
  ///
  /// @param force whether to kill its processes without a grace period
  public void stop(SandboxId id, boolean force) throws InterruptedException {
    try (var _ = locks.lock(id)) {
      RunningSandbox sandbox = running.remove(id);
      long startedAtNanos = System.nanoTime();
      boolean ending = sandbox != null && endProcesses(sandbox, force);
      Duration agent = Duration.ofNanos(System.nanoTime() - startedAtNanos);
      StoppedSandbox stopped = driver.stop(id, ending ? ENGINE_END_MAX : Duration.ZERO);
      new StopPhases(agent, stopped).log(LOGGER, id, driver.engine());
    }
  }

  /// @return whether the agent has ended, so that the engine will end by itself
  private static boolean endProcesses(RunningSandbox sandbox, boolean force) {
    try (AgentClient agent = sandbox.agent()) {
      if (!force) {
        agent.shutdown(STOP_GRACE);
      }
      return !force;
    } catch (AgentFailure failure) {
      LOGGER
          .atInfo()
          .addKeyValue("sandboxId", sandbox.id())
          .addKeyValue("reason", failure.sentence())
          .log("sandbox did not end by itself");
      return false;
    }
  }

  /// Ends a sandbox and removes its disk.
  public void destroy(SandboxId id) throws InterruptedException {
    try (var _ = locks.lock(id)) {
      forget(id);
      driver.deleteDisk(id);
    }
    locks.forget(id);
  }

  /// Changes the network policy of a running sandbox. One that does not run gets its policy when it
  /// starts.
  public void changeNetwork(SandboxId id, NetworkPolicy network) throws InterruptedException {
    try (var _ = locks.lock(id)) {
      if (driver.inspect(id).filter(usage -> usage.disk().running()).isPresent()) {
        driver.setNetwork(id, network);
      }
    }
  }

  /// Adopts a sandbox that runs already, without changing it.
  ///
  /// Preconditions: its lock is held.
  ///
  /// @return whether its agent answers
  boolean adopt(HostedDisk disk) {
    Path socket = disk.agentSocket().orElse(null);
    if (socket == null) {
      return false;
    }
    AgentClient agent = connector.connect(socket);
    try {
      AgentHello hello = agent.hello(ADOPTION_MAX);
      if (!hello.configured()) {
        // Its start was interrupted; the job will be run again.
        agent.close();
        return false;
      }
      replace(new RunningSandbox(disk.id(), agent, hello.version(), disk.limits(), null));
      LOGGER.atInfo().addKeyValue("sandboxId", disk.id()).log("sandbox adopted");
      return true;
    } catch (AgentFailure failure) {
      agent.close();
      LOGGER
          .atWarn()
          .addKeyValue("sandboxId", disk.id())
          .addKeyValue("reason", failure.sentence())
          .log("sandbox runs but its agent does not answer");
      return false;
    }
  }

  /// Closes the link of a sandbox that does not run any more.
  void forget(SandboxId id) {
    RunningSandbox sandbox = running.remove(id);
    if (sandbox != null) {
      sandbox.agent().close();
    }
  }

  /// Closes all links; the sandboxes go on running.
  @Override
  public void close() {
    linkBroken = () -> {};
    all().forEach(sandbox -> forget(sandbox.id()));
  }
}
