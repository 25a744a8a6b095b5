package dev.sandlot.toolbox.sandbox;

import dev.sandlot.agentclient.Account;
import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A sandbox that runs here, with the link to its agent. Thread-safe.
public final class RunningSandbox {
  private final SandboxId id;
  private final AgentClient agent;
  private final String agentVersion;
  private final Optional<SandboxLimits> limits;
  private final CpuMeter cpu;
  private volatile @Nullable Account account;

  /// @param limits empty when unknown
  /// @param account null when this runner did not start it
  public RunningSandbox(
      SandboxId id,
      AgentClient agent,
      String agentVersion,
      Optional<SandboxLimits> limits,
      @Nullable Account account) {
    this.id = id;
    this.agent = agent;
    this.agentVersion = agentVersion;
    this.limits = limits;
    long cpuMillis = limits.map(SandboxLimits::cpuMillis).orElse(0L);
    this.cpu =
        account == null ? new CpuMeter(cpuMillis) : new CpuMeter(cpuMillis, System.nanoTime());
    this.account = account;
  }

  public SandboxId id() {
    return id;
  }

  public AgentClient agent() {
    return agent;
  }

  public String agentVersion() {
    return agentVersion;
  }

  /// Its memory limit in bytes; empty when unknown.
  public OptionalLong memoryLimitBytes() {
    return limits.isPresent() ? OptionalLong.of(limits.get().memoryBytes()) : OptionalLong.empty();
  }

  /// Its limits; empty when unknown.
  public Optional<SandboxLimits> limits() {
    return limits;
  }

  /// Measures its CPU usage.
  public CpuMeter cpu() {
    return cpu;
  }

  /// The account of its processes. A sandbox that ran before this runner started is asked for it.
  public Account account() throws IOException, InterruptedException {
    Account known = account;
    if (known == null) {
      known = AccountProbe.ask(agent);
      account = known;
    }
    return known;
  }
}
