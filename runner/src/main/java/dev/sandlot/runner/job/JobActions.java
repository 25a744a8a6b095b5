package dev.sandlot.runner.job;

import java.util.Map;

/// Carries jobs out. Called for one job of a resource at a time; a job may come twice.
@FunctionalInterface
public interface JobActions {
  /// @return what the control plane may want to know, by name
  /// @throws JobFailure when it cannot be done
  Map<String, String> carryOut(Job job) throws InterruptedException;
}
