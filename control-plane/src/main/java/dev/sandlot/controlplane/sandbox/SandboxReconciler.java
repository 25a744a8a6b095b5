package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.job.Jobs;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries on what time brings about: deadlines, idle sandboxes, silent runners, old rows. Takes no
/// input: each sweep reads what is and applies events, so a sweep that is lost or doubled does no
/// harm. Woken by a signal and by a timer.
public final class SandboxReconciler implements AutoCloseable {
  /// Raise this to have a sweep now.
  public static final String TOPIC = "reconcile";

  private static final Logger LOGGER = LoggerFactory.getLogger(SandboxReconciler.class);
  private static final Duration ROWS_KEPT = Duration.ofHours(24);

  /// A runner that was silent for so long is gone for good.
  private static final Duration RUNNER_GONE_AFTER = Duration.ofHours(24);

  private final SandboxStore store;
  private final SandboxTransitions transitions;
  private final Sandboxes sandboxes;
  private final Jobs jobs;
  private final RunnerPool pool;
  private final Signals signals;
  private final InstantSource clock;
  private final Duration pause;
  private final Thread thread;
  private volatile boolean closed;

  /// @param pause between two sweeps that nothing else wakes
  public SandboxReconciler(
      PostgresDatabase database,
      Sandboxes sandboxes,
      Jobs jobs,
      RunnerPool pool,
      Signals signals,
      InstantSource clock,
      Duration pause) {
    this.store = new PostgresSandboxStore(database);
    this.transitions =
        new SandboxTransitions(database, store, new SandboxOrders(jobs), pool, clock);
    this.sandboxes = sandboxes;
    this.jobs = jobs;
    this.pool = pool;
    this.signals = signals;
    this.clock = clock;
    this.pause = pause;
    this.thread = Thread.ofVirtual().name("sandbox-reconciler").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  private void run() {
    try (Signals.Watch watch = signals.watch(TOPIC)) {
      while (!closed) {
        sweep();
        watch.await(pause);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// One sweep. What fails is logged and tried again in the next.
  public void sweep() {
    Instant now = clock.instant();
    guarded("jobs", () -> jobs.expire(sandboxes.jobOutcomes()));
    guarded("deadlines", () -> store.pastDeadline(now).forEach(guarded(this::passDeadline)));
    guarded("idle", () -> store.dueToStop(now).forEach(guarded(this::stopIdle)));
    guarded("stopped", () -> store.dueToDelete(now).forEach(guarded(this::deleteStopped)));
    guarded("runners", () -> pool.silentFor(RUNNER_GONE_AFTER).forEach(this::giveUp));
    guarded("purge", () -> purge(now));
  }

  private void passDeadline(SandboxId id) {
    transitions.apply(
        id,
        SandboxEvent.DEADLINE_PASSED,
        Cause.NONE.withReason("its runner did not do what it was told in time", true));
  }

  /// Looks again under the sandbox's version: somebody may have used it since the list was read.
  private void stopIdle(SandboxId id) {
    store
        .find(id)
        .filter(sandbox -> pool.ready(sandbox.runner()))
        .ifPresent(sandbox ->
            transitions.apply(
                id,
                sandbox.ephemeral() ? SandboxEvent.DELETE_REQUESTED : SandboxEvent.STOP_REQUESTED,
                Cause.because("stopped because it was idle").in(SandboxState.STARTED)));
  }

  private void deleteStopped(SandboxId id) {
    transitions.apply(
        id,
        SandboxEvent.DELETE_REQUESTED,
        Cause.because("deleted because it was stopped for its interval").in(SandboxState.STOPPED));
  }

  private void giveUp(RunnerId runner) {
    List<Sandbox> left =
        store.onRunner(
            runner, EnumSet.complementOf(EnumSet.of(SandboxState.DESTROYED, SandboxState.ERROR)));
    for (Sandbox sandbox : left) {
      guarded(
          "runner",
          () ->
              transitions.apply(
                  sandbox.id(),
                  SandboxEvent.RUNNER_GONE,
                  Cause.because("its runner has been silent for a day")));
    }
  }

  private void purge(Instant now) {
    jobs.purge(now.minus(ROWS_KEPT));
    store.purge(now, ROWS_KEPT);
  }

  private Consumer<SandboxId> guarded(Consumer<SandboxId> step) {
    return id -> guarded("sandbox " + id, () -> step.accept(id));
  }

  private void guarded(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      if (!closed) {
        LOGGER
            .atWarn()
            .setCause(e)
            .addKeyValue("what", what)
            .log("a sweep failed, the next one tries again");
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
