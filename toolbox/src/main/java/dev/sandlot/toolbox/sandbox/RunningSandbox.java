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

  /// @param limits empty when nobody knows them
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

  /// How much memory it may use; empty when nobody knows.
  public OptionalLong memoryLimitBytes() {
    return limits.isPresent() ? OptionalLong.of(limits.get().memoryBytes()) : OptionalLong.empty();
  }

  /// How much it may use; empty when nobody knows.
  public Optional<SandboxLimits> limits() {
    return limits;
  }

  /// How busy it is.
  public CpuMeter cpu() {
    return cpu;
  }

  /// Whom its processes run as. One that was running before this runner started is asked.
  public Account account() throws IOException, InterruptedException {
    Account known = account;
    if (known == null) {
      known = AccountProbe.ask(agent);
      account = known;
    }
    return known;
  }
}
