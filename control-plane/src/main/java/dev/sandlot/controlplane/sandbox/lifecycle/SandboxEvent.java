package dev.sandlot.controlplane.sandbox.lifecycle;

/// What can happen to a sandbox.
public enum SandboxEvent {
  /// A client wants it to run.
  START_REQUESTED,
  /// A client, or its idle time, wants it stopped.
  STOP_REQUESTED,
  /// A client, or its idle time, wants it gone.
  DELETE_REQUESTED,
  /// A client wants it gone whatever it is doing.
  FORCED_DELETE_REQUESTED,
  /// A client wants it back from an error, running.
  RECOVERY_REQUESTED,
  /// A client wants it back from an error, stopped.
  STOPPED_RECOVERY_REQUESTED,
  /// A client changed what it may reach.
  NETWORK_CHANGED,
  /// Its runner could not apply what it may reach.
  NETWORK_FAILED,
  /// Its runner started it, or sees it run.
  RUNNER_STARTED,
  /// Its runner stopped it, or sees that it ended.
  RUNNER_STOPPED,
  /// Its runner removed it, or sees that its files are gone.
  RUNNER_DESTROYED,
  /// Its runner could not carry out its order, or found it broken.
  RUNNER_FAILED,
  /// What was pending took too long.
  DEADLINE_PASSED,
  /// Its runner has been silent for so long that it will not come back.
  RUNNER_GONE
}
