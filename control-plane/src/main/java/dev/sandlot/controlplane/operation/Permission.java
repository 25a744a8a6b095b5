package dev.sandlot.controlplane.operation;

import java.util.Arrays;
import java.util.Optional;

/// What a key may do. There is none for reading sandboxes, snapshots, registries and regions: being
/// of the organisation is enough (docs/contract/authentication.md#permissions).
public enum Permission {
  WRITE_REGISTRIES("write:registries"),
  DELETE_REGISTRIES("delete:registries"),
  WRITE_SNAPSHOTS("write:snapshots"),
  DELETE_SNAPSHOTS("delete:snapshots"),
  WRITE_SANDBOXES("write:sandboxes"),
  DELETE_SANDBOXES("delete:sandboxes"),
  READ_VOLUMES("read:volumes"),
  WRITE_VOLUMES("write:volumes"),
  DELETE_VOLUMES("delete:volumes"),
  WRITE_REGIONS("write:regions"),
  DELETE_REGIONS("delete:regions"),
  READ_RUNNERS("read:runners"),
  WRITE_RUNNERS("write:runners"),
  DELETE_RUNNERS("delete:runners"),
  READ_AUDIT_LOGS("read:audit_logs");

  private final String wire;

  Permission(String wire) {
    this.wire = wire;
  }

  /// As clients write it.
  public String wire() {
    return wire;
  }

  /// Reads what a client wrote.
  public static Optional<Permission> parse(String wire) {
    return Arrays.stream(values()).filter(one -> one.wire.equals(wire)).findFirst();
  }
}
