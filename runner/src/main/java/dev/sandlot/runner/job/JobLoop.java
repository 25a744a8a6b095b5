package dev.sandlot.runner.job;

import dev.sandlot.http.Json;
import dev.sandlot.http.Tracing;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fetches jobs and carries them out beside each other, one at a time for a resource.
///
/// A job is run at least once: jobs claimed before a restart are run again, a job that is delivered
/// again while it runs is skipped, and a report that got lost is sent again until the control plane
/// has accepted or refused it.
public final class JobLoop implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(JobLoop.class);
  private static final Duration POLL = Duration.ofSeconds(30);
  private static final int POLL_JOBS_MAX = 20;

  private final ControlPlaneClient controlPlane;
  private final JobActions actions;
  private final Semaphore slots;
  private final Set<JobId> inProgress = ConcurrentHashMap.newKeySet();
  private final Set<Thread> workers = ConcurrentHashMap.newKeySet();
  private final Thread poller;
  private volatile boolean closed;

  private JobLoop(ControlPlaneClient controlPlane, JobActions actions, int concurrency) {
    this.controlPlane = controlPlane;
    this.actions = actions;
    this.slots = new Semaphore(concurrency);
    this.poller = Thread.ofVirtual().name("job-poll").unstarted(this::poll);
  }

  /// Starts to take jobs.
  ///
  /// @param concurrency how many run at a time
  public static JobLoop start(
      ControlPlaneClient controlPlane, JobActions actions, int concurrency) {
    JobLoop loop = new JobLoop(controlPlane, actions, concurrency);
    loop.poller.start();
    return loop;
  }

  private void poll() {
    Backoff backoff = new Backoff();
    boolean resumed = false;
    try {
      while (!closed) {
        try {
          fetch(resumed);
          resumed = true;
          backoff.reset();
        } catch (IOException e) {
          if (!closed) {
            backoff.pause("jobs cannot be fetched", e);
          }
        }
      }
    } catch (InterruptedException _) {
      // The runner stops.
    }
  }

  /// Fetches as many jobs as can run now, at least one, and starts them.
  private void fetch(boolean resumed) throws IOException, InterruptedException {
    slots.acquire();
    int permits = 1;
    try {
      while (permits < POLL_JOBS_MAX && slots.tryAcquire()) {
        permits++;
      }
      List<Job> jobs = resumed ? controlPlane.poll(POLL, permits) : controlPlane.unfinished();
      permits -= startWorkers(jobs, permits);
    } finally {
      slots.release(permits);
    }
  }

  /// Starts a worker for each job.
  ///
  /// @param permits that the caller holds
  /// @return how many of them the workers have taken over
  private int startWorkers(List<Job> jobs, int permits) throws InterruptedException {
    int used = 0;
    for (Job job : jobs) {
      if (!inProgress.add(job.id())) {
        continue;
      }
      if (used < permits) {
        used++;
      } else {
        slots.acquire();
      }
      Thread worker = Thread.ofVirtual().name("job-" + job.id()).unstarted(() -> work(job));
      workers.add(worker);
      worker.start();
    }
    return used;
  }

  private void work(Job job) {
    try {
      Map<String, Object> outcome = outcome(job);
      if (!closed) {
        // Otherwise the runner is stopping and has interrupted the job, which is no failure of it.
        report(job, outcome);
      }
    } catch (InterruptedException _) {
      // The runner stops; the job is run again after its next start.
    } finally {
      inProgress.remove(job.id());
      slots.release();
      workers.remove(Thread.currentThread());
    }
  }

  private Map<String, Object> outcome(Job job) throws InterruptedException {
    Map<String, Object> outcome = new LinkedHashMap<>();
    try {
      Map<String, String> result =
          Tracing.continued(job.trace(), "job " + job.type(), () -> actions.carryOut(job));
      outcome.put("status", JobStatus.COMPLETED);
      outcome.put("resultMetadata", Json.text(result));
    } catch (JobFailure failure) {
      LOGGER
          .atWarn()
          .addKeyValue("jobId", job.id())
          .addKeyValue("type", job.type())
          .addKeyValue("resourceType", job.resourceType())
          .addKeyValue("resourceId", job.resourceId())
          .addKeyValue("reason", failure.getMessage())
          .log("job failed");
      outcome.put("status", JobStatus.FAILED);
      outcome.put("errorMessage", String.valueOf(failure.getMessage()));
    } catch (RuntimeException e) {
      LOGGER
          .atError()
          .setCause(e)
          .addKeyValue("jobId", job.id())
          .addKeyValue("type", job.type())
          .addKeyValue("resourceType", job.resourceType())
          .addKeyValue("resourceId", job.resourceId())
          .log("job failed unexpectedly");
      outcome.put("status", JobStatus.FAILED);
      outcome.put("errorMessage", "the runner met an unexpected fault; its log says more");
    }
    return outcome;
  }

  private void report(Job job, Map<String, Object> outcome) throws InterruptedException {
    Backoff backoff = new Backoff();
    while (true) {
      try {
        controlPlane.report(job.id(), outcome);
        return;
      } catch (RefusedRequest refused) {
        if (!refused.retryable()) {
          // The job has been reported already, or does not exist any more.
          LOGGER
              .atInfo()
              .addKeyValue("jobId", job.id())
              .addKeyValue("status", refused.status())
              .log("job report refused");
          return;
        }
        backoff.pause("a job's end cannot be reported", refused);
      } catch (IOException e) {
        backoff.pause("a job's end cannot be reported", e);
      }
    }
  }

  /// Stops taking jobs. Running ones are interrupted and run again after the next start.
  @Override
  public void close() {
    closed = true;
    poller.interrupt();
    workers.forEach(Thread::interrupt);
  }
}
