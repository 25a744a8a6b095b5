package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.job.Jobs;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.job.JobPayload;
import dev.sandlot.model.job.JobResource;
import dev.sandlot.model.job.JobType;
import dev.sandlot.model.job.NetworkJob;
import dev.sandlot.model.job.NoPayload;
import dev.sandlot.model.job.SandboxJob;
import dev.sandlot.model.job.StopJob;
import java.util.HashMap;
import java.util.Map;

/// Turns commands of the lifecycle into jobs, in the transaction that writes the state.
public final class SandboxOrders {
  private final Jobs jobs;

  public SandboxOrders(Jobs jobs) {
    this.jobs = jobs;
  }

  /// Whether earlier orders are to be dropped first.
  static boolean drops(SandboxCommand command) {
    return switch (command) {
      case KILL_ON_RUNNER, DESTROY_NOW_ON_RUNNER, DROP_ORDERS -> true;
      case NOTHING, START_ON_RUNNER, STOP_ON_RUNNER, DESTROY_ON_RUNNER, APPLY_NETWORK_ON_RUNNER ->
          false;
    };
  }

  /// Keeps what was ordered before from ending until the transaction ends. Comes before the
  /// sandbox's row is locked: a report locks its job before the sandbox, and both must take the
  /// same way.
  void hold(Sandbox sandbox) {
    jobs.hold(JobResource.of(sandbox.id()));
  }

  /// Drops what was ordered before.
  void drop(Sandbox sandbox) {
    jobs.supersede(JobResource.of(sandbox.id()));
  }

  void create(Sandbox sandbox) {
    order(sandbox, JobType.CREATE_SANDBOX, whole(sandbox));
  }

  void carryOut(SandboxCommand command, Sandbox sandbox, boolean force) {
    switch (command) {
      case NOTHING, DROP_ORDERS -> {}
      case START_ON_RUNNER -> order(sandbox, JobType.START_SANDBOX, whole(sandbox));
      case STOP_ON_RUNNER -> order(sandbox, JobType.STOP_SANDBOX, new StopJob(force));
      case KILL_ON_RUNNER -> order(sandbox, JobType.STOP_SANDBOX, new StopJob(true));
      case DESTROY_ON_RUNNER, DESTROY_NOW_ON_RUNNER ->
          order(sandbox, JobType.DESTROY_SANDBOX, new NoPayload());
      case APPLY_NETWORK_ON_RUNNER ->
          order(
              sandbox,
              JobType.UPDATE_SANDBOX_NETWORK_SETTINGS,
              NetworkJob.of(sandbox.settings().network()));
    }
  }

  private void order(Sandbox sandbox, JobType type, JobPayload payload) {
    jobs.order(sandbox.runner(), type, JobResource.of(sandbox.id()), payload);
  }

  private static SandboxJob whole(Sandbox sandbox) {
    Sandbox.Spec spec = sandbox.spec();
    NetworkPolicy network = sandbox.settings().network();
    return new SandboxJob(
        sandbox.id().toString(),
        spec.name(),
        spec.snapshotRef(),
        spec.user(),
        spec.cpu(),
        spec.memory(),
        spec.disk(),
        environment(sandbox),
        network.blocksAll(),
        network.allowList(),
        sandbox.organization().toString(),
        sandbox.region());
  }

  /// The user's variables and those that tell a sandbox who it is
  /// (docs/contract/sandboxes.md#injected-environment).
  private static Map<String, String> environment(Sandbox sandbox) {
    Map<String, String> env = new HashMap<>(sandbox.spec().env());
    env.put("DAYTONA_SANDBOX_ID", sandbox.id().toString());
    env.put("DAYTONA_SANDBOX_SNAPSHOT", sandbox.spec().snapshot());
    env.put("DAYTONA_SANDBOX_USER", sandbox.spec().user());
    env.put("DAYTONA_ORGANIZATION_ID", sandbox.organization().toString());
    env.put("DAYTONA_REGION_ID", sandbox.region());
    return env;
  }
}
