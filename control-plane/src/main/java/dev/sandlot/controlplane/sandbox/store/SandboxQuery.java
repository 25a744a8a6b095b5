package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.model.SandboxState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which sandboxes of an organisation, in what order, from where
/// (docs/contract/sandboxes.md#listing).
///
/// @param idPrefix in any case; empty matches all
/// @param namePrefix in any case; empty matches all
/// @param labels pairs that all must be there
/// @param states empty: no condition
/// @param least fewest of each resource
/// @param most of each resource
/// @param created when they were made
/// @param active when they were last active
/// @param after where the page before ended
/// @param offset how many to skip, for the older form of paging
/// @param limit how many at most
public record SandboxQuery(
    String idPrefix,
    String namePrefix,
    Map<String, String> labels,
    Optional<Set<SandboxState>> states,
    List<String> snapshots,
    List<String> regions,
    Resources least,
    Resources most,
    Optional<Boolean> open,
    Optional<Boolean> recoverable,
    Between created,
    Between active,
    Sort sort,
    boolean ascending,
    Optional<Cursor> after,
    int offset,
    int limit) {
  public SandboxQuery {
    labels = Map.copyOf(labels);
    snapshots = List.copyOf(snapshots);
    regions = List.copyOf(regions);
  }

  /// Cores, GiB and GiB.
  public record Resources(int cpu, int memory, int disk) {}

  /// Times, inclusive.
  public record Between(Optional<Instant> from, Optional<Instant> to) {}

  /// What a list is ordered by; ties by id.
  public enum Sort {
    NAME("name", "name", "text"),
    CPU("cpu", "cpu", "integer"),
    MEMORY("memoryGib", "memory", "integer"),
    DISK("diskGib", "disk", "integer"),
    LAST_ACTIVITY("lastActivityAt", "last_activity_at", "timestamptz"),
    CREATED("createdAt", "created_at", "timestamptz"),
    UPDATED("updatedAt", "updated_at", "timestamptz"),
    STATE("state", "state", "text"),
    SNAPSHOT("snapshot", "snapshot", "text"),
    REGION("region", "region_id", "text"),
    ID("id", "id", "uuid");

    private final String wire;
    private final String column;
    private final String columnType;

    Sort(String wire, String column, String columnType) {
      this.wire = wire;
      this.column = column;
      this.columnType = columnType;
    }

    public String wire() {
      return wire;
    }

    String column() {
      return column;
    }

    String columnType() {
      return columnType;
    }

    /// The sandbox's value, such that the column's type reads it exactly.
    public String valueOf(Sandbox sandbox) {
      return switch (this) {
        case NAME -> sandbox.spec().name();
        case CPU -> Integer.toString(sandbox.spec().cpu());
        case MEMORY -> Integer.toString(sandbox.spec().memory());
        case DISK -> Integer.toString(sandbox.spec().disk());
        case LAST_ACTIVITY -> sandbox.lastActivityAt().toString();
        case CREATED -> sandbox.createdAt().toString();
        case UPDATED -> sandbox.updatedAt().toString();
        case STATE -> sandbox.state().name();
        case SNAPSHOT -> sandbox.spec().snapshot();
        case REGION -> sandbox.region();
        case ID -> sandbox.id().toString();
      };
    }
  }
}
