package dev.sandlot.controlplane.operation;

/// Kinds of those who call. One caller may be of several.
public enum CallerKind {
  /// A user's key, bound to one organisation.
  USER_KEY,
  RUNNER,
  PROXY,
  /// Whoever asks about health.
  MONITOR,
  /// A user who runs this deployment.
  ADMINISTRATOR
}
