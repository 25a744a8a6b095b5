package dev.sandlot.controlplane.operation;

/// Which of an organisation's counters a call counts in (docs/contract: rate limiting). Machines
/// count in none.
public enum RateClass {
  ANONYMOUS,
  AUTHENTICATED,
  SANDBOX_CREATE,
  SANDBOX_LIFECYCLE
}
