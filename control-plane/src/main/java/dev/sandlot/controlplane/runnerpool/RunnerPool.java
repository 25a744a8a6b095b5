package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// The runners, and which of them takes a sandbox. Thread-safe.
public final class RunnerPool {
  private final PostgresRunnerStore store;
  private final Allocations allocations;
  private final Overcommit overcommit;
  private final InstantSource clock;

  public RunnerPool(
      PostgresDatabase database,
      Allocations allocations,
      Overcommit overcommit,
      InstantSource clock) {
    this.store = new PostgresRunnerStore(database);
    this.allocations = allocations;
    this.overcommit = overcommit;
    this.clock = clock;
  }

  /// What a sandbox wants of a machine.
  ///
  /// @param cpu cores
  /// @param memory GiB
  /// @param disk GiB; 0 when it has its files there already
  public record Demand(int cpu, int memory, int disk) {}

  /// Sees to it that a runner of that name exists.
  public RunnerId ensure(String name, String region) {
    return store.ensure(RunnerId.random(), name, region, clock.instant());
  }

  /// Chooses the runner for a new sandbox, the one with most memory to promise. Its row stays
  /// locked until the transaction ends, so that two sandboxes never get the same room.
  ///
  /// Preconditions: in a transaction that also writes the sandbox.
  ///
  /// @throws OperationFailure BAD_REQUEST when none can take it; the message says why
  public RunnerId place(String region, Demand demand) {
    List<Runner> ready = store.lockReady(region, clock.instant().minus(Runner.SILENCE_MAX));
    if (ready.isEmpty()) {
      throw OperationFailure.badRequest(
          ClientWords.noRunner(
              "none is ready in the region " + region + "; try again when one has reported"));
    }
    return ready.stream()
        .filter(runner -> lacks(runner, demand).isEmpty())
        .max(Comparator.comparingDouble(this::memoryLeft))
        .map(Runner::id)
        .orElseThrow(() -> full(ready.getFirst(), demand));
  }

  /// Checks that a sandbox which is on a runner can run there now. Locks as {@link #place} does.
  ///
  /// @throws OperationFailure BAD_REQUEST when it cannot; the message says why
  public void admit(RunnerId id, Demand demand) {
    Runner runner =
        store
            .lock(id)
            .filter(found -> found.state(clock.instant()).equals("ready"))
            .orElseThrow(() ->
                OperationFailure.badRequest(
                    ClientWords.noRunner(
                        "the one that holds this sandbox is not ready; try again later")));
    if (lacks(runner, demand).isPresent()) {
      throw full(runner, demand);
    }
  }

  private double memoryLeft(Runner runner) {
    return runner.memoryGib() * overcommit.memory() - allocations.of(runner.id()).memory();
  }

  private Optional<String> lacks(Runner runner, Demand demand) {
    Allocations.Allocation held = allocations.of(runner.id());
    if (held.cpu() + demand.cpu() > runner.cpu() * overcommit.cpu()) {
      return Optional.of("cpu");
    }
    if (held.memory() + demand.memory() > runner.memoryGib() * overcommit.memory()) {
      return Optional.of("memory");
    }
    boolean disk = held.disk() + demand.disk() > runner.diskGib() * overcommit.disk();
    return disk && demand.disk() > 0 ? Optional.of("disk") : Optional.empty();
  }

  private OperationFailure full(Runner runner, Demand demand) {
    String resource = lacks(runner, demand).orElse("memory");
    return OperationFailure.badRequest(
        ClientWords.noRunner(
            "none has enough "
                + resource
                + " left for this sandbox; stop or delete others, or add a runner"));
  }

  /// Whether a runner reports and says it can work.
  public boolean ready(RunnerId id) {
    return store.find(id).filter(found -> found.state(clock.instant()).equals("ready")).isPresent();
  }

  /// Where the proxy reaches a runner on another machine; empty when it has not said so.
  public Optional<String> address(RunnerId id) {
    return store.find(id).flatMap(Runner::proxyUrl);
  }

  /// How many runners are ready.
  public int readyCount() {
    Instant now = clock.instant();
    return (int) store.all().stream().filter(runner -> runner.state(now).equals("ready")).count();
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

  void report(RunnerId id, RunnerReport report) {
    store.report(id, report, clock.instant());
  }

  Instant now() {
    return clock.instant();
  }
}
