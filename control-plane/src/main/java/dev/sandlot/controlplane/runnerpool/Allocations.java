package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.model.RunnerId;
import java.util.Map;

/// What sandboxes hold on runners, counted from the sandboxes themselves. The pool keeps the same
/// sums, changed with each sandbox, and is checked against these.
public interface Allocations {
  /// All runners that hold something, in one look.
  Map<RunnerId, Allocation> all();

  /// One runner's.
  Allocation of(RunnerId runner);
}
