package dev.sandlot.runner.sandbox;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.Json;
import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkJob;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxJob;
import dev.sandlot.model.StopJob;
import dev.sandlot.runner.job.Job;
import dev.sandlot.runner.job.JobActions;
import dev.sandlot.runner.job.JobFailure;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// What each job asks of the sandboxes (docs/contract/runners.md#jobs).
public final class SandboxJobs implements JobActions {
  private final HostedSandboxes sandboxes;

  public SandboxJobs(HostedSandboxes sandboxes) {
    this.sandboxes = sandboxes;
  }

  @Override
  public Map<String, String> carryOut(Job job) throws InterruptedException {
    try {
      return switch (job.type()) {
        case "CREATE_SANDBOX" -> started(job, true);
        case "START_SANDBOX" -> started(job, false);
        case "STOP_SANDBOX" -> {
          sandboxes.stop(job.sandbox(), payload(job, StopJob.class).force());
          yield Map.of();
        }
        case "DESTROY_SANDBOX" -> {
          sandboxes.destroy(job.sandbox());
          yield Map.of();
        }
        case "UPDATE_SANDBOX_NETWORK_SETTINGS" -> {
          NetworkJob settings = payload(job, NetworkJob.class);
          sandboxes.changeNetwork(
              job.sandbox(), policy(settings.networkBlockAll(), settings.networkAllowList()));
          yield Map.of();
        }
        default ->
            throw new JobFailure("this runner cannot carry out jobs of the kind " + job.type());
      };
    } catch (RuntimeFailure failure) {
      throw new JobFailure(failure.sentence(), failure);
    } catch (AgentFailure failure) {
      throw new JobFailure("the sandbox's agent: " + failure.sentence(), failure);
    }
  }

  private Map<String, String> started(Job job, boolean create) throws InterruptedException {
    SandboxJob order = payload(job, SandboxJob.class);
    NetworkPolicy network = policy(order.networkBlockAll(), order.networkAllowList());
    RunningSandbox sandbox =
        sandboxes.bringUp(job.sandbox(), order, network, create, job.createdAt());
    return Map.of("daemonVersion", sandbox.agentVersion());
  }

  private static <T> T payload(Job job, Class<T> type) {
    try {
      return Json.read(job.payload().isEmpty() ? "{}" : job.payload(), type);
    } catch (JacksonException | NullPointerException | IllegalArgumentException e) {
      throw new JobFailure("the job's payload is not that of " + job.type(), e);
    }
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
