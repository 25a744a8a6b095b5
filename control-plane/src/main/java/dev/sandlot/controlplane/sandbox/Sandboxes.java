package dev.sandlot.controlplane.sandbox;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sandlot.controlplane.job.Jobs;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.controlplane.sandbox.store.SandboxQuery;
import dev.sandlot.controlplane.sandbox.store.SandboxStore;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.job.JobResource;
import dev.sandlot.model.job.JobType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// All that can be asked of sandboxes. Thread-safe.
public final class Sandboxes {
  /// How often at most the activity of one sandbox is written down.
  private static final Duration ACTIVITY_PAUSE = Duration.ofSeconds(5);

  private final SandboxStore store;
  private final SandboxTransitions transitions;
  private final Jobs jobs;
  private final RunnerPool pool;
  private final Signals signals;
  private final SandboxWait wait;
  private final InstantSource clock;
  private final Cache<SandboxId, Boolean> recentlyActive =
      Caffeine.newBuilder().expireAfterWrite(ACTIVITY_PAUSE).build();

  public Sandboxes(
      SandboxStore store,
      SandboxTransitions transitions,
      Jobs jobs,
      RunnerPool pool,
      Signals signals,
      InstantSource clock) {
    this.store = store;
    this.transitions = transitions;
    this.jobs = jobs;
    this.pool = pool;
    this.signals = signals;
    this.wait = new SandboxWait(store::find);
    this.clock = clock;
  }

  /// A sandbox of the organisation, by id or name.
  Optional<Sandbox> find(OrganizationId organization, String idOrName) {
    return store.find(organization, idOrName);
  }

  /// A sandbox whoever's it is. For our own processes.
  public Optional<Sandbox> find(SandboxId id) {
    return store.find(id).filter(sandbox -> !sandbox.state().isFinal());
  }

  /// Calls this with the id of every sandbox whose state or settings change; empty when any may
  /// have. It must be quick.
  public void onChange(Consumer<Optional<SandboxId>> listener) {
    String prefix = "sandbox:";
    signals.subscribe(topic -> {
      if (topic.isEmpty()) {
        listener.accept(Optional.empty());
      } else if (topic.startsWith(prefix)) {
        SandboxId.parse(topic.substring(prefix.length()))
            .ifPresent(id -> listener.accept(Optional.of(id)));
      }
    });
  }

  List<Sandbox> list(OrganizationId organization, SandboxQuery query) {
    return store.list(organization, query);
  }

  int count(OrganizationId organization, SandboxQuery query) {
    return store.count(organization, query);
  }

  /// Starts a sandbox and waits, 30 s at most, until it is.
  Sandbox start(Sandbox sandbox, Requester requester) throws InterruptedException {
    if (sandbox.state() == SandboxState.STARTED) {
      return sandbox;
    }
    return settled(sandbox.id(), SandboxEvent.START_REQUESTED, requester);
  }

  /// Brings a sandbox back from an error and waits, 30 s at most, until it is.
  Sandbox recover(Sandbox sandbox, boolean skipStart, Requester requester)
      throws InterruptedException {
    if (sandbox.state() == SandboxState.ERROR && !sandbox.status().recoverable()) {
      throw OperationFailure.badRequest(
          "this error cannot be recovered from ("
              + sandbox.status().errorReason().orElse("unknown")
              + "); delete the sandbox");
    }
    return settled(
        sandbox.id(),
        skipStart ? SandboxEvent.STOPPED_RECOVERY_REQUESTED : SandboxEvent.RECOVERY_REQUESTED,
        requester);
  }

  private Sandbox settled(SandboxId id, SandboxEvent event, Requester requester)
      throws InterruptedException {
    try (Signals.Watch watch = signals.watch(SandboxTransitions.topic(id))) {
      demand(id, event, Cause.NONE);
      Sandbox after = awaitSettled(id, watch, requester);
      if (after.state() == SandboxState.ERROR) {
        throw OperationFailure.badRequest(
            "the sandbox did not start: " + after.status().errorReason().orElse("unknown"));
      }
      return after;
    }
  }

  /// Waits until nothing is pending, 30 s at most; what there is then.
  ///
  /// @throws OperationFailure NOT_FOUND when it is deleted meanwhile
  Sandbox awaitSettled(SandboxId id, Signals.Watch watch, Requester requester)
      throws InterruptedException {
    return wait.untilSettled(id, watch, SandboxWait.end(RequestLimits.WAIT_MAX), requester.left());
  }

  /// Stops a sandbox and waits, 8 s at most, until it is; one that lives only as long as it runs is
  /// deleted. Clients that read that it is stopping look again a second later.
  Sandbox stop(Sandbox sandbox, boolean force, Requester requester) throws InterruptedException {
    boolean delete = sandbox.state() == SandboxState.STARTED && sandbox.ephemeral();
    SandboxEvent event = delete ? SandboxEvent.DELETE_REQUESTED : SandboxEvent.STOP_REQUESTED;
    try (Signals.Watch watch = signals.watch(SandboxTransitions.topic(sandbox.id()))) {
      Sandbox ordered = demand(sandbox.id(), event, Cause.NONE.withForce(force));
      return wait.untilStopped(
          ordered, watch, SandboxWait.end(RequestLimits.STOP_WAIT_MAX), requester.left());
    }
  }

  Sandbox delete(Sandbox sandbox) {
    return demand(sandbox.id(), SandboxEvent.DELETE_REQUESTED, Cause.NONE);
  }

  /// Deletes in any state. When the runner is not there, the sandbox is gone at once; the runner
  /// removes its files when it is back, since it learns which sandboxes it should have.
  Sandbox deleteByForce(Sandbox sandbox) {
    Sandbox after = demand(sandbox.id(), SandboxEvent.FORCED_DELETE_REQUESTED, Cause.NONE);
    if (!pool.ready(sandbox.runner())) {
      transitions.apply(
          sandbox.id(),
          SandboxEvent.RUNNER_GONE,
          Cause.because("deleted by force while its runner was not there"));
    }
    return after;
  }

  Sandbox changeNetwork(Sandbox sandbox, NetworkPolicy network, Requester requester)
      throws InterruptedException {
    SandboxId id = sandbox.id();
    // As exact as the times of jobs are kept.
    Instant asked = clock.instant().truncatedTo(ChronoUnit.MICROS);
    try (Signals.Watch watch = signals.watch(SandboxTransitions.topic(id))) {
      demand(id, SandboxEvent.NETWORK_CHANGED, Cause.NONE.withNetwork(network));
      awaitApplied(id, watch, asked, requester);
      return store.find(id).orElseThrow(Refusal::gone);
    }
  }

  /// Who has closed a sandbox's network may rely on it as soon as there is an answer. If it could
  /// not be closed, the answer waits until the sandbox is stopped, and says so.
  private void awaitApplied(SandboxId id, Signals.Watch watch, Instant asked, Requester requester)
      throws InterruptedException {
    long end = SandboxWait.end(RequestLimits.WAIT_MAX);
    while (jobs.anyUnfinished(JobResource.of(id), JobType.UPDATE_SANDBOX_NETWORK_SETTINGS)) {
      if (SandboxWait.over(watch, end, requester.left())) {
        throw new OperationFailure(
            ErrorCode.GATEWAY_TIMEOUT,
            "the settings are stored, but the runner has not applied them yet; ask again, or stop"
                + " the sandbox: they hold from its next start on");
      }
    }
    Optional<String> failure =
        jobs.failureSince(JobResource.of(id), JobType.UPDATE_SANDBOX_NETWORK_SETTINGS, asked);
    if (failure.isPresent()) {
      Sandbox after = wait.untilSettled(id, watch, end, requester.left());
      throw new OperationFailure(
          ErrorCode.BAD_GATEWAY,
          "the settings are stored, but the runner could not apply them: "
              + failure.get()
              + "; the sandbox is "
              + after.state().wire()
              + ", and they hold from its next start on");
    }
  }

  private Sandbox demand(SandboxId id, SandboxEvent event, Cause cause) {
    return switch (transitions.apply(id, event, cause)) {
      case SandboxTransitions.Result.Done(Sandbox after) -> after;
      case SandboxTransitions.Result.Refused(Sandbox read) -> throw Refusal.of(event, read.state());
      case SandboxTransitions.Result.Absent() -> throw Refusal.gone();
    };
  }

  /// Changes labels, visibility or intervals; what it may reach goes through {@link
  /// #changeNetwork}.
  Sandbox change(Sandbox sandbox, UnaryOperator<Sandbox.Settings> change) {
    return transitions.changeSettings(sandbox.id(), change);
  }

  /// Notes that someone uses the sandbox, so that it does not count as idle.
  public void recordActivity(SandboxId id) {
    if (recentlyActive.asMap().putIfAbsent(id, true) == null) {
      store.touch(id, clock.instant());
    }
  }

  List<Sandbox> onRunner(RunnerId runner, Set<SandboxState> states) {
    return store.onRunner(runner, states);
  }

  /// Takes what a runner sees. It counts where nothing is pending: what is pending ends with the
  /// report on its job.
  void observe(Sandbox sandbox, SandboxState seen, Cause cause) {
    if (sandbox.state() != SandboxState.STARTED && sandbox.state() != SandboxState.STOPPED) {
      return;
    }
    SandboxEvent event =
        switch (seen) {
          case STARTED -> SandboxEvent.RUNNER_STARTED;
          case STOPPED -> SandboxEvent.RUNNER_STOPPED;
          case DESTROYED -> SandboxEvent.RUNNER_DESTROYED;
          case ERROR -> SandboxEvent.RUNNER_FAILED;
          case CREATING, STARTING, STOPPING, DESTROYING ->
              throw OperationFailure.badRequest(
                  "state must be started, stopped, destroyed or error");
        };
    transitions.apply(sandbox.id(), event, cause.in(sandbox.state()));
  }
}
