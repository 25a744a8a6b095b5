package dev.sandlot.runner.job;

import java.util.Map;

/// Carries jobs out. Called for one job of a resource at a time; a job may come twice.
@FunctionalInterface
public interface JobActions {
  /// @return metadata of the result for the control plane, by name
  /// @throws JobFailure when the job has failed
  Map<String, String> carryOut(Job job) throws InterruptedException;
}
