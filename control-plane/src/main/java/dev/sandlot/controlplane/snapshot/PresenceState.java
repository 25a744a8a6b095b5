package dev.sandlot.controlplane.snapshot;

/// How far a snapshot is on a runner. The names are those of the database. Others come with
/// snapshots that are brought to runners.
enum PresenceState {
  /// Sandboxes can be made from it there.
  READY
}
