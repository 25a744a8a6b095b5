package dev.sandlot.model;

import java.util.Arrays;

/// Whether sandboxes can be made from a snapshot. Stored and shown by its wire name
/// (docs/contract/snapshots.md). Others come with snapshots that are built or pulled.
public enum SnapshotState {
  /// They can, on runners that have it.
  ACTIVE("active");

  private final String wire;

  SnapshotState(String wire) {
    this.wire = wire;
  }

  /// As clients read it, and as the database keeps it.
  public String wire() {
    return wire;
  }

  /// Reads what the database keeps.
  ///
  /// @throws IllegalArgumentException when it is none
  public static SnapshotState of(String wire) {
    return Arrays.stream(values())
        .filter(state -> state.wire.equals(wire))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no state of a snapshot: " + wire));
  }
}
