package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.snapshot.Snapshots;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.RunnerState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The runners, and which of them takes a sandbox. What is promised of each is kept, and changed in
/// the transaction that changes the sandbox. Thread-safe.
public final class RunnerPool {
  private static final Logger LOGGER = LoggerFactory.getLogger(RunnerPool.class);

  private final PostgresDatabase database;
  private final PostgresRunnerStore store;
  private final PostgresAllocationStore promised;
  private final Allocations allocations;
  private final Snapshots snapshots;
  private final Overcommit overcommit;
  private final PlacementStrategy placement;
  private final InstantSource clock;

  /// @param allocations what sandboxes hold, to check what is kept
  /// @param snapshots notified of what runners report of their images
  /// @param placement which runner a sandbox goes to, among those alike in having its snapshot
  public RunnerPool(
      PostgresDatabase database,
      Allocations allocations,
      Snapshots snapshots,
      Overcommit overcommit,
      PlacementStrategy placement,
      InstantSource clock) {
    this.database = database;
    this.store = new PostgresRunnerStore(database);
    this.promised = new PostgresAllocationStore(database, overcommit);
    this.allocations = allocations;
    this.snapshots = snapshots;
    this.overcommit = overcommit;
    this.placement = new SnapshotFirst(placement);
    this.clock = clock;
  }

  /// Sees to it that a runner of that name exists.
  public RunnerId ensure(String name, String region) {
    return database.run(() -> {
      RunnerId runner = store.ensure(RunnerId.random(), name, region, clock.instant());
      promised.ensure(runner);
      return runner;
    });
  }

  /// The runners that have room for a new sandbox, the best first. Looks without locks: somebody
  /// else may take the room before it is reserved.
  ///
  /// @param having which runners have the sandbox's snapshot
  /// @throws OperationFailure BAD_REQUEST when none can take it; the message says why
  public List<Candidate> candidates(String region, Allocation demand, Set<RunnerId> having) {
    List<Runner> ready = store.ready(region, clock.instant().minus(Runner.SILENCE_MAX));
    if (ready.isEmpty()) {
      throw OperationFailure.badRequest(
          ClientWords.noRunner(
              "none is ready in the region " + region + "; try again when one has reported"));
    }
    Map<RunnerId, Allocation> kept = promised.all();
    List<Candidate> candidates = new ArrayList<>();
    for (Runner runner : ready) {
      Allocation held = kept.getOrDefault(runner.id(), Allocation.NONE);
      Capacity capacity = capacity(runner);
      if (capacity.lacks(held, demand).isEmpty()) {
        double left = capacity.memory() - held.memory();
        candidates.add(new Candidate(runner.id(), left, having.contains(runner.id())));
      }
    }
    if (candidates.isEmpty()) {
      throw full(ready.getFirst().id(), demand);
    }
    candidates.sort(placement.order());
    return candidates;
  }

  /// Promises a runner's resources to a sandbox if there is room. The runner's row is held until
  /// the transaction ends, so that two sandboxes never get the same room.
  ///
  /// Preconditions: in a transaction that has written the sandbox and locks nothing after this.
  public boolean reserve(RunnerId id, Allocation demand) {
    return promised.reserve(id, demand);
  }

  /// Reserves what a sandbox needs that is on a runner already and is to run there now. Holds as
  /// {@link #reserve} does.
  ///
  /// @throws OperationFailure BAD_REQUEST when it cannot; the message says why
  public void admit(RunnerId id, Allocation demand) {
    if (!ready(id)) {
      throw OperationFailure.badRequest(
          ClientWords.noRunner("the one that holds this sandbox is not ready; try again later"));
    }
    if (!promised.reserve(id, demand)) {
      throw full(id, demand);
    }
  }

  /// Changes what is promised to a sandbox, room or not. Holds as {@link #reserve} does.
  public void change(RunnerId id, Allocation before, Allocation after) {
    Allocation difference = after.minus(before);
    if (!difference.equals(Allocation.NONE)) {
      promised.add(id, difference);
    }
  }

  /// Why a runner has no room for a sandbox: the resource that it lacks.
  public OperationFailure full(RunnerId id, Allocation demand) {
    Allocation held = promised.all().getOrDefault(id, Allocation.NONE);
    String resource =
        store.find(id).flatMap(runner -> capacity(runner).lacks(held, demand)).orElse("memory");
    return OperationFailure.badRequest(
        ClientWords.noRunner(
            "none has enough "
                + resource
                + " left for this sandbox; stop or delete others, or add a runner"));
  }

  private Capacity capacity(Runner runner) {
    return new Capacity(
        runner.cpu() * overcommit.cpu(),
        runner.memoryGib() * overcommit.memory(),
        runner.diskGib() * overcommit.disk());
  }

  /// Compares what is promised with what sandboxes hold, and corrects what differs: that is a fault
  /// of ours, and is logged.
  public void repairAllocations() {
    Map<RunnerId, Allocation> kept = promised.all();
    Map<RunnerId, Allocation> held = allocations.all();
    Set<RunnerId> runners = new HashSet<>(kept.keySet());
    runners.addAll(held.keySet());
    for (RunnerId runner : runners) {
      // The two looks are not of one moment, so a difference is looked at again under the lock.
      if (!held.getOrDefault(runner, Allocation.NONE).equals(kept.get(runner))) {
        database.run(() -> {
          repair(runner);
          return runner;
        });
      }
    }
  }

  private void repair(RunnerId runner) {
    promised.ensure(runner);
    Allocation kept = promised.lock(runner);
    Allocation held = allocations.of(runner);
    if (!kept.equals(held)) {
      promised.put(runner, held);
      LOGGER
          .atWarn()
          .addKeyValue("runnerId", runner)
          .addKeyValue("kept", kept)
          .addKeyValue("held", held)
          .log("what was promised of a runner was wrong and is corrected");
    }
  }

  /// Whether a runner reports and says it can work.
  public boolean ready(RunnerId id) {
    return store
        .find(id)
        .filter(found -> found.state(clock.instant()) == RunnerState.READY)
        .isPresent();
  }

  /// Where the proxy reaches a runner on another machine; empty when it has not said so.
  public Optional<String> address(RunnerId id) {
    return store.find(id).flatMap(Runner::proxyUrl);
  }

  /// How many runners are ready.
  public int readyCount() {
    Instant now = clock.instant();
    return (int)
        store.all().stream().filter(runner -> runner.state(now) == RunnerState.READY).count();
  }

  /// Runners that have not reported for so long, those included that never did.
  public List<RunnerId> silentFor(Duration silence) {
    Instant since = clock.instant().minus(silence);
    return store.all().stream()
        .filter(runner -> runner.lastCheckedAt().orElse(runner.createdAt()).isBefore(since))
        .map(Runner::id)
        .toList();
  }

  Optional<Runner> find(RunnerId id) {
    return store.find(id);
  }

  /// A runner that is ready by this report has the snapshots that it names.
  void report(RunnerId id, RunnerReport report) {
    if (report.images() != null) {
      snapshots.reported(id, report.images());
    }
    store.report(id, report, clock.instant());
  }

  Instant now() {
    return clock.instant();
  }
}
