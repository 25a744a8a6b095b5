package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.controlplane.runnerpool.Allocations;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Where sandboxes are kept. Each method is one transaction, or part of the one the caller is in.
public interface SandboxStore extends Allocations {
  /// @param deadline when it is given up
  /// @return false when a live sandbox of the organisation has the name
  boolean insert(Sandbox sandbox, Optional<Instant> deadline);

  Optional<Sandbox> find(SandboxId id);

  /// As {@link #find(SandboxId)}; nobody else writes the sandbox until the transaction ends.
  Optional<Sandbox> lock(SandboxId id);

  /// By id, else by name among those that are not being deleted.
  Optional<Sandbox> find(OrganizationId organization, String idOrName);

  /// The one way in which a state changes: from the very version that was read.
  ///
  /// @param next its version is not looked at
  /// @param deadline when the next state is given up
  /// @return false when someone else was faster; nothing is written
  boolean compareAndSet(Sandbox read, Sandbox.Status next, Optional<Instant> deadline, Instant now);

  void updateSettings(SandboxId id, Sandbox.Settings settings, Instant now);

  void touch(SandboxId id, Instant now);

  /// A page of those that match, in the query's order, one more than its limit if there are more.
  List<Sandbox> list(OrganizationId organization, SandboxQuery query);

  int count(OrganizationId organization, SandboxQuery query);

  /// All that a runner should have in these states.
  List<Sandbox> onRunner(RunnerId runner, Set<SandboxState> states);

  /// Those whose pending state is to be given up.
  List<Sandbox> pastDeadline(Instant now);

  /// Those that run and were idle for their interval.
  List<Sandbox> dueToStop(Instant now);

  /// Those that are stopped and were idle for their interval.
  List<Sandbox> dueToDelete(Instant now);

  /// Forgets those destroyed so long ago.
  int purge(Instant now, Duration age);
}
