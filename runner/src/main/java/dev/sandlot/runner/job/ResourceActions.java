package dev.sandlot.runner.job;

import java.util.Map;

/// Carries out the orders about one kind of resource. Called for one order of a resource at a time;
/// an order may come twice.
@FunctionalInterface
public interface ResourceActions {
  /// @return what the control plane may want to know, by name
  /// @throws JobFailure when it cannot be done
  Map<String, String> carryOut(Order order) throws InterruptedException;
}
