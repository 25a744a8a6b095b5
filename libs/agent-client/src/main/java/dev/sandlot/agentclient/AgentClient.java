package dev.sandlot.agentclient;

import dev.sandlot.agent.v1.ChangeEnvironmentRequest;
import dev.sandlot.agent.v1.ConfigureRequest;
import dev.sandlot.agent.v1.ConfigureResponse;
import dev.sandlot.agent.v1.GetMetricsRequest;
import dev.sandlot.agent.v1.HelloRequest;
import dev.sandlot.agent.v1.HelloResponse;
import dev.sandlot.agent.v1.Metrics;
import dev.sandlot.agent.v1.ShutdownRequest;
import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import dev.sandlot.agentclient.link.AnswerBudget;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentRuns;
import dev.sandlot.agentclient.process.HeldRun;
import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunSinks;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A sandbox's agent. Thread-safe; calls block. Failed calls throw {@link AgentFailure}.
public final class AgentClient implements AutoCloseable {
  private static final Duration CALL_MAX = Duration.ofSeconds(30);
  private static final Duration ATTEMPT_MAX = Duration.ofSeconds(2);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
  private static final Duration PAUSE_MAX = Duration.ofMillis(100);
  private static final int ENVIRONMENT_ENTRIES_MAX = 10_000;

  private final AgentLink link;
  private final AgentFiles files;
  private final AgentPorts ports;
  private final AgentProcesses processes;
  private final AgentRuns runs;

  AgentClient(AgentLink link) {
    this.link = link;
    this.files = new AgentFiles(link);
    this.ports = new AgentPorts(link);
    this.processes = new AgentProcesses(link);
    this.runs = new AgentRuns(link);
  }

  /// How much memory its answers may take here.
  public AnswerBudget.Share answers() {
    return link.answers();
  }

  /// The sandbox's files.
  public AgentFiles files() {
    return files;
  }

  /// The sandbox's TCP ports.
  public AgentPorts ports() {
    return ports;
  }

  /// The processes that live on between calls.
  public AgentProcesses processes() {
    return processes;
  }

  /// Gets the agent's version and state. Also the liveness probe.
  public AgentHello hello(Duration limit) {
    HelloResponse answer = link.ask(limit, agent -> agent.hello(HelloRequest.getDefaultInstance()));
    return new AgentHello(
        AgentLink.printable(answer.getVersion()), answer.getProtocol(), answer.getConfigured());
  }

  /// Waits until a sandbox that is starting answers.
  ///
  /// @throws AgentFailure when it has not within the limit
  public AgentHello awaitHello(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    Duration pause = FIRST_PAUSE;
    while (true) {
      try {
        return hello(ATTEMPT_MAX.compareTo(limit) < 0 ? ATTEMPT_MAX : limit);
      } catch (AgentFailure failure) {
        if (System.nanoTime() >= deadline) {
          throw failure;
        }
      }
      Thread.sleep(pause);
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
    }
  }

  /// Sets user, environment, working directory and host name. The last call applies.
  public Account configure(Identity identity) {
    ConfigureRequest request =
        ConfigureRequest.newBuilder()
            .putAllEnvironment(identity.environment())
            .setUser(identity.user())
            .setWorkingDirectory(identity.workingDirectory())
            .setHostName(identity.hostName())
            .build();
    ConfigureResponse answer = link.ask(CALL_MAX, agent -> agent.configure(request));
    return new Account(answer.getHome(), answer.getWorkingDirectory(), answer.getShell());
  }

  /// Changes the environment of processes started from now on.
  ///
  /// @return the environment after the change
  public Map<String, String> changeEnvironment(
      Map<String, String> set, List<String> unset, String unsetValuePrefix) {
    ChangeEnvironmentRequest request =
        ChangeEnvironmentRequest.newBuilder()
            .putAllSet(set)
            .addAllUnset(unset)
            .setUnsetValuePrefix(unsetValuePrefix)
            .build();
    Map<String, String> environment =
        link.ask(CALL_MAX, agent -> agent.changeEnvironment(request)).getEnvironmentMap();
    if (environment.size() > ENVIRONMENT_ENTRIES_MAX) {
      throw AgentLink.broken("too many variables");
    }
    return Map.copyOf(environment);
  }

  /// Runs a process until it has ended. When the thread is interrupted or the sink fails, the
  /// process and what it started are killed.
  ///
  /// @throws IOException of the sink
  public RunOutcome run(ProcessRequest request, OutputSink sink)
      throws IOException, InterruptedException {
    return runs.run(request, sink);
  }

  /// Runs a process until it has ended, its two outputs apart. When the thread is interrupted, a
  /// sink fails or the run is abandoned, the process and what it started are killed.
  ///
  /// @throws RunAbandoned when its caller no longer waits
  /// @throws IOException of a sink
  public RunOutcome run(ProcessRequest request, RunSinks sinks)
      throws IOException, InterruptedException {
    return runs.run(request, sinks);
  }

  /// The same for one of the platform's own programs, without variables of the sandbox's user that
  /// make programs run or load other code.
  public RunOutcome runPlatform(ProcessRequest request, RunSinks sinks)
      throws IOException, InterruptedException {
    return runs.runPlatform(request, sinks);
  }

  /// The same with its two outputs as one.
  public RunOutcome runPlatform(ProcessRequest request, OutputSink sink)
      throws IOException, InterruptedException {
    return runs.runPlatform(request, sink);
  }

  /// Starts a process that waits for its input, with the sandbox's environment and working
  /// directory and its two outputs as one.
  ///
  /// @param inputDescriptor see {@link ProcessRequest}
  /// @throws AgentFailure when it cannot be started
  public HeldRun hold(List<String> command, int inputDescriptor) throws InterruptedException {
    return runs.hold(command, inputDescriptor);
  }

  /// What the sandbox uses, as seen from inside.
  public AgentMetrics metrics() {
    Metrics metrics =
        link.ask(CALL_MAX, agent -> agent.getMetrics(GetMetricsRequest.getDefaultInstance()));
    return new AgentMetrics(
        Math.max(0, metrics.getMemoryTotalBytes()),
        Math.max(0, metrics.getMemoryUsedBytes()),
        Math.max(0, metrics.getMemoryCachedBytes()));
  }

  /// Asks all processes to end, kills those that have not within `grace`, and ends the sandbox,
  /// whose engine then writes what it holds back of files. The answer may get lost on the way,
  /// which is no failure.
  public void shutdown(Duration grace) {
    ShutdownRequest request = ShutdownRequest.newBuilder().setGraceMs(grace.toMillis()).build();
    try {
      var _ = link.ask(grace.plusSeconds(5), agent -> agent.shutdown(request));
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.UNAVAILABLE) {
        throw failure;
      }
    }
  }

  /// Runs `action` once when the link breaks.
  public void whenBroken(Runnable action) {
    link.whenBroken(action);
  }

  /// Ends the link; the sandbox runs on.
  @Override
  public void close() {
    link.close();
  }
}
