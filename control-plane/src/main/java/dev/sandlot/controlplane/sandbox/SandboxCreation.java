package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.platform.Transactions;
import dev.sandlot.controlplane.region.Region;
import dev.sandlot.controlplane.region.Regions;
import dev.sandlot.controlplane.runnerpool.Allocation;
import dev.sandlot.controlplane.runnerpool.Candidate;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.controlplane.sandbox.store.SandboxStore;
import dev.sandlot.controlplane.snapshot.Snapshot;
import dev.sandlot.controlplane.snapshot.Snapshots;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Makes sandboxes. Thread-safe.
public final class SandboxCreation {
  private final Transactions transactions;
  private final Parts parts;
  private final SandboxStore store;
  private final SandboxOrders orders;
  private final Sandboxes sandboxes;
  private final Signals signals;
  private final InstantSource clock;

  /// What a new sandbox is put together from.
  ///
  /// @param defaultSnapshot the name of the one for requests that name none
  public record Parts(
      Snapshots snapshots, Regions regions, RunnerPool pool, String defaultSnapshot) {}

  public SandboxCreation(
      Transactions transactions,
      Parts parts,
      SandboxStore store,
      SandboxOrders orders,
      Sandboxes sandboxes,
      Signals signals,
      InstantSource clock) {
    this.transactions = transactions;
    this.parts = parts;
    this.store = store;
    this.orders = orders;
    this.sandboxes = sandboxes;
    this.signals = signals;
    this.clock = clock;
  }

  /// Makes a sandbox and waits, 30 s at most, until it runs.
  ///
  /// The row is committed without waiting for the disk: nobody learns of the sandbox before its
  /// runner's report is committed, which takes the row along.
  ///
  /// @return the sandbox, started or still creating
  /// @throws OperationFailure BAD_REQUEST or CONFLICT; then there is no sandbox
  Sandbox create(OrganizationId organization, CreateRequest request, Requester requester)
      throws InterruptedException {
    Snapshot snapshot = snapshot(organization, request);
    Region region = region(organization, request);
    SandboxId id = SandboxId.random();
    try (Signals.Watch watch = signals.watch(SandboxTransitions.topic(id))) {
      place(
          region,
          snapshot,
          place -> write(sandbox(id, organization, region, place, snapshot, request)));
      return started(id, watch, snapshot, requester);
    }
  }

  /// Tries the runners that have room, one after the other: another sandbox may have taken it since
  /// they were looked at.
  ///
  /// @param writing false when the runner has no room any more
  private void place(Region region, Snapshot snapshot, Predicate<Place> writing) {
    Allocation demand = new Allocation(snapshot.cpu(), snapshot.memory(), snapshot.disk());
    Map<RunnerId, String> refs = parts.snapshots().refs(snapshot.id());
    List<Candidate> candidates = parts.pool().candidates(region.id(), demand, refs.keySet());
    for (Candidate candidate : candidates) {
      String ref = refs.get(candidate.runner());
      if (ref == null) {
        // Those that have it come first, and it cannot be brought to others yet.
        throw OperationFailure.badRequest(
            ClientWords.noRunner(
                "none that has room has the snapshot "
                    + snapshot.name()
                    + "; build its image there: ./dev setup image"));
      }
      if (writing.test(new Place(candidate.runner(), ref))) {
        return;
      }
    }
    throw parts.pool().full(candidates.getFirst().runner(), demand);
  }

  /// A runner, and the snapshot's image there.
  private record Place(RunnerId runner, String ref) {}

  /// Writes a sandbox, orders it, and takes its room on the runner, in one transaction.
  ///
  /// @return false when the runner has no room any more; nothing is written
  private boolean write(Sandbox sandbox) {
    Instant now = sandbox.createdAt();
    try {
      return transactions.runRelaxed(() -> {
        if (!store.insert(sandbox, sandbox.state().timeout().map(now::plus))) {
          throw OperationFailure.conflict(ClientWords.alreadyExists(sandbox.spec().name()));
        }
        orders.create(sandbox);
        if (!parts.pool().reserve(sandbox.runner(), sandbox.spec().allocation(sandbox.state()))) {
          throw new RoomTaken();
        }
        return true;
      });
    } catch (RoomTaken _) {
      return false;
    }
  }

  /// Undoes a transaction.
  private static final class RoomTaken extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private Sandbox started(SandboxId id, Signals.Watch watch, Snapshot snapshot, Requester requester)
      throws InterruptedException {
    Sandbox after = sandboxes.awaitSettled(id, watch, requester);
    if (after.state() == SandboxState.ERROR) {
      // Whoever asked has no id to delete it by, and would find its name taken.
      sandboxes.delete(after);
      throw OperationFailure.badRequest(
          "the sandbox could not be created: " + after.status().errorReason().orElse("unknown"));
    }
    parts.snapshots().used(snapshot.id(), after.runner());
    return after;
  }

  private Snapshot snapshot(OrganizationId organization, CreateRequest request) {
    String wanted = request.snapshot().orElse(parts.defaultSnapshot());
    Snapshot snapshot =
        parts
            .snapshots()
            .find(organization, wanted)
            .orElseThrow(() ->
                OperationFailure.badRequest(
                    "snapshot: "
                        + parts.snapshots().absence(wanted)
                        + "; the default one is "
                        + parts.defaultSnapshot()));
    if (!snapshot.active()) {
      throw OperationFailure.badRequest("snapshot: " + wanted + " is " + snapshot.state().wire());
    }
    return snapshot;
  }

  private Region region(OrganizationId organization, CreateRequest request) {
    Optional<String> wanted = request.region();
    return wanted
        .map(name -> parts.regions().find(organization, name))
        .orElseGet(() -> parts.regions().defaultOf(organization))
        .orElseThrow(() ->
            OperationFailure.badRequest(
                wanted
                    .map(name -> "target: there is no region " + name)
                    .orElse("target must be given: the organization has no default region")));
  }

  private Sandbox sandbox(
      SandboxId id,
      OrganizationId organization,
      Region region,
      Place place,
      Snapshot snapshot,
      CreateRequest request) {
    Instant now = clock.instant();
    return new Sandbox(
        id,
        organization,
        region.id(),
        place.runner(),
        new Sandbox.Spec(
            request.name().orElse(id.toString()),
            snapshot.name(),
            place.ref(),
            request.user(),
            request.env(),
            snapshot.cpu(),
            snapshot.memory(),
            snapshot.disk()),
        request.settings(),
        new Sandbox.Status(
            SandboxState.CREATING,
            0,
            Optional.empty(),
            false,
            SandboxTransitions.newPreviewSecret()),
        now,
        now,
        now);
  }
}
