package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.model.JobId;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The queue of orders to runners. Jobs of one sandbox are handed out one after the other. A job
/// whose answer got lost is handed out again. Thread-safe.
public final class Jobs {
  /// A job that a runner took and did not report on for so long is handed out again: the answer to
  /// its poll may have been lost. Much longer than any job takes, so a working runner hardly sees
  /// the same job twice.
  static final Duration HANDED_OUT_AGAIN_AFTER = Duration.ofSeconds(60);

  private final PostgresDatabase database;
  private final PostgresJobStore store;
  private final Signals signals;
  private final InstantSource clock;

  public Jobs(PostgresDatabase database, Signals signals, InstantSource clock) {
    this.database = database;
    this.store = new PostgresJobStore(database);
    this.signals = signals;
    this.clock = clock;
  }

  private static String topic(RunnerId runner) {
    return "jobs:" + runner;
  }

  /// Orders something, in the transaction the caller is in.
  ///
  /// @param payload JSON, by type
  public JobId order(
      RunnerId runner,
      JobType type,
      SandboxId sandbox,
      Optional<String> payload,
      Map<String, String> traceContext) {
    Instant now = clock.instant();
    Job job =
        new Job(
            JobId.random(),
            type,
            JobStatus.PENDING,
            runner,
            sandbox,
            payload,
            traceContext,
            Optional.empty(),
            Optional.empty(),
            now,
            now);
    store.insert(job);
    database.raise(topic(runner));
    return job.id();
  }

  /// Keeps others from ending the unfinished jobs of a sandbox until the transaction ends.
  public void hold(SandboxId sandbox) {
    store.hold(sandbox);
  }

  /// Ends all unfinished jobs of a sandbox without telling who ordered them: a newer order makes
  /// them pointless. In the transaction the caller is in.
  public void supersede(SandboxId sandbox) {
    store.supersede(sandbox, clock.instant());
  }

  /// Whether an order of this type for the sandbox has not been carried out yet.
  public boolean anyUnfinished(SandboxId sandbox, JobType type) {
    return store.anyUnfinished(sandbox, type);
  }

  /// Why an order of this type that was given since then was not carried out; empty when none was
  /// in vain.
  public Optional<String> failureSince(SandboxId sandbox, JobType type, Instant since) {
    return store.failureSince(sandbox, type, since);
  }

  /// Hands out jobs to a runner, waiting until there are some or the time is over.
  List<Job> poll(RunnerId runner, Duration longest, int limit) throws InterruptedException {
    try (Signals.Watch watch = signals.watch(topic(runner))) {
      long end = System.nanoTime() + longest.toNanos();
      while (true) {
        Instant now = clock.instant();
        List<Job> taken = store.take(runner, limit, now, now.minus(HANDED_OUT_AGAIN_AFTER));
        Duration left = Duration.ofNanos(end - System.nanoTime());
        if (!taken.isEmpty() || left.isNegative() || left.isZero()) {
          return taken;
        }
        watch.await(left);
      }
    }
  }

  List<Job> list(RunnerId runner, Optional<JobStatus> status, int page, int limit) {
    return store.list(runner, status, (page - 1) * limit, limit);
  }

  int count(RunnerId runner, Optional<JobStatus> status) {
    return store.count(runner, status);
  }

  /// Empty when the runner has no such job.
  Optional<Job> find(RunnerId runner, String id) {
    return JobId.parse(id).flatMap(store::find).filter(job -> job.runner().equals(runner));
  }

  static OperationFailure unknown(String id) {
    return OperationFailure.notFound("there is no job " + id + " for this runner");
  }

  /// Takes a runner's report. The same report twice is fine, as its answer may have been lost.
  ///
  /// @throws OperationFailure NOT_FOUND or CONFLICT when the job has ended otherwise
  Job report(
      JobId id,
      JobStatus status,
      Optional<String> errorMessage,
      Optional<String> resultMetadata,
      JobOutcomes outcomes) {
    return database.run(() -> {
      Job before = store.find(id).orElseThrow(() -> unknown(id.toString()));
      if (before.status() == status) {
        return before;
      }
      boolean legal = !before.status().isFinal() && status != JobStatus.PENDING;
      Optional<Job> after =
          legal
              ? store.advance(before.id(), status, errorMessage, resultMetadata, clock.instant())
              : Optional.empty();
      Job job =
          after.orElseThrow(() ->
              OperationFailure.conflict(
                  "the job is " + before.status() + " and cannot become " + status));
      if (job.status().isFinal()) {
        ended(job);
      }
      tell(job, outcomes);
      return job;
    });
  }

  private void tell(Job job, JobOutcomes outcomes) {
    if (job.status() == JobStatus.COMPLETED) {
      outcomes.completed(job);
    } else if (job.status() == JobStatus.FAILED) {
      outcomes.failed(job, job.errorMessage().orElse("the runner gave no reason"));
    }
  }

  /// Another of the same sandbox may have waited for this one.
  private void ended(Job job) {
    store.waited(job.sandbox(), clock.instant());
    database.raise(topic(job.runner()));
  }

  /// Gives up jobs that nobody reported on in time.
  public void expire(JobOutcomes outcomes) {
    for (JobType type : JobType.values()) {
      Instant before = clock.instant().minus(type.patience());
      for (JobId id : store.unfinishedSince(type, before)) {
        String reason =
            "the runner did not report within " + type.patience().toMinutes() + " minutes";
        database.run(() -> {
          store
              .advance(id, JobStatus.FAILED, Optional.of(reason), Optional.empty(), clock.instant())
              .ifPresent(job -> {
                ended(job);
                outcomes.expired(job, reason);
              });
          return true;
        });
      }
    }
  }

  /// Forgets jobs that ended before then.
  public int purge(Instant endedBefore) {
    return store.purge(endedBefore);
  }
}
