package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.platform.Transactions;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobResourceKind;
import dev.sandlot.model.job.JobStatus;
import dev.sandlot.model.job.JobType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/// How jobs end: by a runner's report, or because none came in time. Whoever knows the kind of
/// resource is notified in the same transaction. Thread-safe.
public final class JobResults {
  private final Transactions transactions;
  private final Jobs jobs;
  private final Map<JobResourceKind, JobOutcomes> outcomes;

  /// @param outcomes who is notified, by kind of resource
  /// @throws IllegalArgumentException when nobody would be notified of some type of job
  public JobResults(
      Transactions transactions, Jobs jobs, Map<JobResourceKind, JobOutcomes> outcomes) {
    this.transactions = transactions;
    this.jobs = jobs;
    this.outcomes = new EnumMap<>(outcomes);
    for (JobType type : JobType.values()) {
      if (!outcomes.containsKey(type.kind())) {
        throw new IllegalArgumentException("nobody is told how " + type + " ends");
      }
    }
  }

  private JobOutcomes of(Job job) {
    return Optional.ofNullable(outcomes.get(job.type().kind())).orElseThrow();
  }

  /// Takes a runner's report. The same report twice is fine, as its answer may have been lost.
  ///
  /// @throws OperationFailure NOT_FOUND, or CONFLICT when the job has ended otherwise
  Job report(
      JobId id, JobStatus status, Optional<String> errorMessage, Optional<String> resultMetadata) {
    return transactions.run(() -> {
      Job before = jobs.find(id);
      if (before.status() == status) {
        return before;
      }
      boolean legal = !before.status().isFinal() && status != JobStatus.PENDING;
      Optional<Job> after =
          legal
              ? jobs.advance(before.id(), status, errorMessage, resultMetadata)
              : Optional.empty();
      Job job =
          after.orElseThrow(() ->
              OperationFailure.conflict(
                  "the job is " + before.status() + " and cannot become " + status));
      tell(job);
      return job;
    });
  }

  private void tell(Job job) {
    if (job.status() == JobStatus.COMPLETED) {
      of(job).completed(job);
    } else if (job.status() == JobStatus.FAILED) {
      of(job).failed(job, job.errorMessage().orElse("the runner gave no reason"));
    }
  }

  /// Gives up jobs that nobody reported on in time.
  public void expire() {
    for (JobType type : JobType.values()) {
      String reason = "the runner did not report within " + type.timeout().toMinutes() + " minutes";
      for (JobId id : jobs.late(type)) {
        transactions.run(() -> {
          Optional<Job> job =
              jobs.advance(id, JobStatus.FAILED, Optional.of(reason), Optional.empty());
          job.ifPresent(late -> of(late).expired(late, reason));
          return job;
        });
      }
    }
  }
}
