package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.TraceContext;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobPayload;
import dev.sandlot.model.job.JobResource;
import dev.sandlot.model.job.JobStatus;
import dev.sandlot.model.job.JobType;
import dev.sandlot.model.job.NoPayload;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// The queue of orders to runners. Jobs of one resource are handed out one after the other. A job
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

  /// Orders something, in the transaction the caller is in and as part of its trace.
  ///
  /// @throws IllegalArgumentException when the type is for another kind of resource, or carries
  ///   something else
  public JobId order(RunnerId runner, JobType type, JobResource resource, JobPayload payload) {
    if (type.kind() != resource.kind() || !type.payload().isInstance(payload)) {
      throw new IllegalArgumentException(type + " is not for " + resource + " with such a payload");
    }
    Instant now = clock.instant();
    Job job =
        new Job(
            JobId.random(),
            type,
            JobStatus.PENDING,
            runner,
            resource,
            payload instanceof NoPayload ? Optional.empty() : Optional.of(Json.text(payload)),
            TraceContext.current().headers(),
            Optional.empty(),
            Optional.empty(),
            now,
            now);
    store.insert(job);
    database.raise(topic(runner));
    return job.id();
  }

  /// Keeps others from ending the unfinished jobs of a resource until the transaction ends.
  public void hold(JobResource resource) {
    store.hold(resource);
  }

  /// Ends all unfinished jobs of a resource without telling who ordered them: a newer order makes
  /// them pointless. In the transaction the caller is in.
  public void supersede(JobResource resource) {
    store.supersede(resource, clock.instant());
  }

  /// Whether an order of this type for the resource has not been carried out yet.
  public boolean anyUnfinished(JobResource resource, JobType type) {
    return store.anyUnfinished(resource, type);
  }

  /// Why an order of this type that was given since then was not carried out; empty when none was
  /// in vain.
  public Optional<String> failureSince(JobResource resource, JobType type, Instant since) {
    return store.failureSince(resource, type, since);
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

  /// A job, whichever runner's it is.
  ///
  /// @throws OperationFailure NOT_FOUND
  Job find(JobId id) {
    return store.find(id).orElseThrow(() -> unknown(id.toString()));
  }

  static OperationFailure unknown(String id) {
    return OperationFailure.notFound("there is no job " + id + " for this runner");
  }

  /// Records how far a job is.
  ///
  /// @return the job then; empty when it has ended meanwhile
  Optional<Job> advance(
      JobId id, JobStatus status, Optional<String> errorMessage, Optional<String> resultMetadata) {
    Instant now = clock.instant();
    Optional<Job> job = store.advance(id, status, errorMessage, resultMetadata, now);
    job.filter(found -> found.status().isFinal())
        .ifPresent(ended -> {
          // Another of the same resource may have waited for this one.
          store.waited(ended.resource(), now);
          database.raise(topic(ended.runner()));
        });
    return job;
  }

  /// Those on which nobody reported in time.
  List<JobId> late(JobType type) {
    return store.unfinishedSince(type, clock.instant().minus(type.timeout()));
  }

  /// Forgets jobs that ended before then.
  public int purge(Instant endedBefore) {
    return store.purge(endedBefore);
  }
}
