package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.model.OperationFailure;

/// After how many idle minutes what happens to a sandbox (docs/contract/sandboxes.md#intervals).
///
/// Archiving is not built yet: its interval is kept and shown, and nothing is archived.
///
/// @param autoStopMinutes 0: never
/// @param autoArchiveMinutes 1 to {@link #ARCHIVE_MINUTES_MAX}
/// @param autoDeleteMinutes after it stopped; 0: as soon as it stops; -1: never
public record Intervals(int autoStopMinutes, int autoArchiveMinutes, int autoDeleteMinutes) {
  /// Thirty days. More is cut to it, and 0 means it.
  public static final int ARCHIVE_MINUTES_MAX = 43_200;

  /// Ten years: the most that makes sense for the others.
  static final int MINUTES_MAX = 5_256_000;

  /// Of a sandbox that says nothing else.
  public static final Intervals DEFAULT = new Intervals(15, 10_080, -1);

  public Intervals withAutoStop(int minutes) {
    require(minutes >= 0 && minutes <= MINUTES_MAX, "autoStopInterval", "0 (never)");
    return new Intervals(minutes, autoArchiveMinutes, autoDeleteMinutes);
  }

  public Intervals withAutoArchive(int minutes) {
    require(minutes >= 0, "autoArchiveInterval", "0 (the maximum)");
    int capped = minutes == 0 ? ARCHIVE_MINUTES_MAX : Math.min(minutes, ARCHIVE_MINUTES_MAX);
    return new Intervals(autoStopMinutes, capped, autoDeleteMinutes);
  }

  public Intervals withAutoDelete(int minutes) {
    require(minutes <= MINUTES_MAX, "autoDeleteInterval", "-1 (never)");
    return new Intervals(autoStopMinutes, autoArchiveMinutes, Math.max(minutes, -1));
  }

  private static void require(boolean holds, String field, String least) {
    if (!holds) {
      throw OperationFailure.badRequest(
          field + " must be a number of minutes from " + least + " to " + MINUTES_MAX);
    }
  }
}
