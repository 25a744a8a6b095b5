package dev.sandlot.controlplane.sandbox.lifecycle;

/// What is to be done when a sandbox goes to its next state.
public enum SandboxCommand {
  NOTHING,
  /// Order a start.
  START_ON_RUNNER,
  /// Order a stop.
  STOP_ON_RUNNER,
  /// Drop all orders and order a stop without grace.
  KILL_ON_RUNNER,
  /// Order its removal.
  DESTROY_ON_RUNNER,
  /// Drop all orders and order its removal.
  DESTROY_NOW_ON_RUNNER,
  /// Order what it may reach to be applied.
  APPLY_NETWORK_ON_RUNNER,
  /// Drop all orders: nobody is there to carry them out.
  DROP_ORDERS
}
