package dev.sandlot.runner.sandbox;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.job.NetworkJob;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.model.job.StopJob;
import dev.sandlot.runner.job.JobFailure;
import dev.sandlot.runner.job.Order;
import dev.sandlot.runner.job.ResourceActions;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.util.Map;
import java.util.function.Supplier;

/// Runs jobs about sandboxes (docs/contract/runners.md#jobs).
public final class SandboxJobs implements ResourceActions {
  private final HostedSandboxes sandboxes;

  public SandboxJobs(HostedSandboxes sandboxes) {
    this.sandboxes = sandboxes;
  }

  @Override
  public Map<String, String> carryOut(Order order) throws InterruptedException {
    SandboxId id = order.resource().sandbox();
    try {
      return switch (order.type()) {
        case CREATE_SANDBOX -> started(id, order, true);
        case START_SANDBOX -> started(id, order, false);
        case STOP_SANDBOX -> {
          sandboxes.stop(id, order.payload(StopJob.class).force());
          yield Map.of();
        }
        case DESTROY_SANDBOX -> {
          sandboxes.destroy(id);
          yield Map.of();
        }
        case UPDATE_SANDBOX_NETWORK_SETTINGS -> {
          sandboxes.changeNetwork(id, policy(order.payload(NetworkJob.class)::policy));
          yield Map.of();
        }
      };
    } catch (RuntimeFailure failure) {
      throw new JobFailure(failure.sentence(), failure);
    } catch (AgentFailure failure) {
      throw new JobFailure("the sandbox's agent: " + failure.sentence(), failure);
    }
  }

  private Map<String, String> started(SandboxId id, Order order, boolean create)
      throws InterruptedException {
    SandboxJob wanted = order.payload(SandboxJob.class);
    NetworkPolicy network = policy(wanted::network);
    RunningSandbox sandbox = sandboxes.start(id, wanted, network, create, order.createdAt());
    return Map.of("daemonVersion", sandbox.agentVersion());
  }

  private static NetworkPolicy policy(Supplier<NetworkPolicy> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException e) {
      throw new JobFailure("networkAllowList: " + e.getMessage(), e);
    }
  }
}
