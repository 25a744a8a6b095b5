package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.job.JobResults;
import dev.sandlot.controlplane.job.Jobs;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.controlplane.sandbox.store.SandboxStore;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries on what time brings about: deadlines, idle sandboxes, silent runners, old rows. Checks
/// what is promised of runners. Takes no input: each sweep reads what is and applies events, so a
/// sweep that is lost or doubled does no harm. Woken by a signal and by a timer.
public final class SandboxReconciler implements AutoCloseable {
  /// Raise this to have a sweep now.
  public static final String TOPIC = "reconcile";

  private static final Logger LOGGER = LoggerFactory.getLogger(SandboxReconciler.class);
  private static final Duration ROWS_KEPT = Duration.ofHours(24);

  /// A runner that was silent for so long is gone for good.
  private static final Duration RUNNER_GONE_AFTER = Duration.ofHours(24);

  /// How long a sweep at work is waited for: an interrupt would break the database's connection.
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private final SandboxStore store;
  private final SandboxTransitions transitions;
  private final Jobs jobs;
  private final JobResults results;
  private final RunnerPool pool;
  private final Signals signals;
  private final InstantSource clock;

  /// Since when runners could be heard: their silence before is no sign of anything.
  private final Instant listening;

  private final Duration pause;
  private final Thread thread;
  private volatile boolean closed;

  /// When it sweeps.
  ///
  /// @param pause between two sweeps that nothing else wakes
  public record Pace(InstantSource clock, Duration pause) {}

  public SandboxReconciler(
      SandboxStore store,
      SandboxTransitions transitions,
      Jobs jobs,
      JobResults results,
      RunnerPool pool,
      Signals signals,
      Pace pace) {
    this.store = store;
    this.transitions = transitions;
    this.jobs = jobs;
    this.results = results;
    this.pool = pool;
    this.signals = signals;
    this.clock = pace.clock();
    this.listening = clock.instant();
    this.pause = pace.pause();
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
    guarded("jobs", results::expire);
    guarded("deadlines", () -> each(store.pastDeadline(now), this::passDeadline));
    guarded("idle", () -> each(store.dueToStop(now), this::stopIdle));
    guarded("at rest", () -> each(store.dueToDelete(now), this::deleteStopped));
    if (!now.isBefore(listening.plus(RUNNER_GONE_AFTER))) {
      guarded("runners", () -> pool.silentFor(RUNNER_GONE_AFTER).forEach(this::giveUp));
    }
    guarded("allocations", pool::repairAllocations);
    guarded("purge", () -> purge(now));
  }

  private void passDeadline(Sandbox read) {
    transitions.apply(read.id(), SandboxEvent.DEADLINE_PASSED, Cause.late().unlessChanged(read));
  }

  private void stopIdle(Sandbox read) {
    if (pool.ready(read.runner())) {
      transitions.apply(
          read.id(),
          read.ephemeral() ? SandboxEvent.DELETE_REQUESTED : SandboxEvent.STOP_REQUESTED,
          Cause.because("stopped because it was idle").unlessChanged(read));
    }
  }

  private void deleteStopped(Sandbox read) {
    transitions.apply(
        read.id(),
        SandboxEvent.DELETE_REQUESTED,
        Cause.because("deleted because it was stopped for its interval").unlessChanged(read));
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
                  Cause.NONE.withReason(
                      "its runner has been silent for a day",
                      sandbox.state() != SandboxState.CREATING)));
    }
  }

  private void purge(Instant now) {
    jobs.purge(now.minus(ROWS_KEPT));
    store.purge(now, ROWS_KEPT);
  }

  /// Somebody may have used or changed a sandbox since the list was read: then it is left for the
  /// next sweep.
  private void each(List<Sandbox> listed, Consumer<Sandbox> step) {
    listed.forEach(read -> guarded("sandbox " + read.id(), () -> step.accept(read)));
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
    signals.raise(TOPIC);
    try {
      if (!thread.join(CLOSE_MAX)) {
        thread.interrupt();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
