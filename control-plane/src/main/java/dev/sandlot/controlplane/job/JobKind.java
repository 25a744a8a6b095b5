package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.operation.ResourceKind;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import java.util.Optional;

/// Jobs as operations name them: a runner's, by id.
record JobKind(Jobs jobs) implements ResourceKind<Job> {
  @Override
  public Optional<Job> ofRunner(RunnerId runner, String name) {
    return jobs.find(runner, name);
  }

  @Override
  public OperationFailure unknown(String name) {
    return Jobs.unknown(name);
  }

  @Override
  public String id(Job found) {
    return found.id().toString();
  }
}
