package dev.sandlot.runner.job;

import dev.sandlot.model.job.JobResourceKind;
import java.util.EnumMap;
import java.util.Map;

/// Dispatches jobs to the actions of their kind of resource. Thread-safe.
public final class JobDispatcher implements JobActions {
  private final Map<JobResourceKind, ResourceActions> actions;

  /// @param actions by the kind of resource; jobs about others fail
  public JobDispatcher(Map<JobResourceKind, ResourceActions> actions) {
    this.actions = new EnumMap<>(actions);
  }

  @Override
  public Map<String, String> carryOut(Job job) throws InterruptedException {
    Order order = Order.read(job);
    ResourceActions known = actions.get(order.type().kind());
    if (known == null) {
      throw new JobFailure("this runner has nothing to do with a " + job.resourceType());
    }
    return known.carryOut(order);
  }
}
