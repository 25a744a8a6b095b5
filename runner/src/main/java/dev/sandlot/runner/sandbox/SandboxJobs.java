package dev.sandlot.runner.sandbox;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.model.Ipv4Range;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What each job asks of the sandboxes (docs/contract/runners.md#jobs).
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
          NetworkJob settings = order.payload(NetworkJob.class);
          sandboxes.changeNetwork(
              id, policy(settings.networkBlockAll(), settings.networkAllowList()));
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
    NetworkPolicy network = policy(wanted.networkBlockAll(), wanted.networkAllowList());
    RunningSandbox sandbox = sandboxes.bringUp(id, wanted, network, create, order.createdAt());
    return Map.of("daemonVersion", sandbox.agentVersion());
  }

  /// A policy as the contract spells it.
  static NetworkPolicy policy(boolean blockAll, @Nullable String list) {
    if (blockAll) {
      return new NetworkPolicy.BlockAll();
    }
    if (list == null || list.isBlank()) {
      return new NetworkPolicy.Internet();
    }
    List<Ipv4Range> ranges = new ArrayList<>();
    for (String text : list.split(",", -1)) {
      ranges.add(
          Ipv4Range.parse(text.strip())
              .orElseThrow(() -> new JobFailure("networkAllowList holds no IPv4 range: " + text)));
    }
    try {
      return new NetworkPolicy.AllowList(ranges);
    } catch (IllegalArgumentException e) {
      throw new JobFailure("networkAllowList: " + e.getMessage(), e);
    }
  }
}
