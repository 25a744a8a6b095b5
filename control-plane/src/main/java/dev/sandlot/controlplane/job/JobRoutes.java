package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.access.Caller;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.RequestBody;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where runners fetch orders and report on them.
public final class JobRoutes {
  private static final int POLL_SECONDS_MAX = 60;
  private static final int POLL_SECONDS_DEFAULT = 30;
  private static final int POLL_JOBS_MAX = 100;
  private static final int POLL_JOBS_DEFAULT = 10;
  private static final int PAGE_MAX = 1_000_000;
  private static final int LIST_MAX = 500;
  private static final int LIST_DEFAULT = 100;

  private final Jobs jobs;
  private final JobOutcomes outcomes;

  public JobRoutes(Jobs jobs, JobOutcomes outcomes) {
    this.jobs = jobs;
    this.outcomes = outcomes;
  }

  public List<Route<Policy>> routes() {
    Policy runner = new Policy.Runner();
    return List.of(
        new Route<>("GET", "/jobs", runner, this::list),
        new Route<>("GET", "/jobs/poll", runner, this::poll),
        new Route<>("GET", "/jobs/{jobId}", runner, this::get),
        new Route<>("POST", "/jobs/{jobId}/status", runner, this::report));
  }

  private void poll(Exchange exchange) throws InterruptedException {
    QueryParameters query = new QueryParameters(exchange);
    int seconds = query.integer("timeout", 0, POLL_SECONDS_MAX).orElse(POLL_SECONDS_DEFAULT);
    int limit = query.integer("limit", 1, POLL_JOBS_MAX).orElse(POLL_JOBS_DEFAULT);
    List<Job> taken = jobs.poll(Caller.runner(exchange), Duration.ofSeconds(seconds), limit);
    exchange.sendJson(Map.of("jobs", taken.stream().map(JobRoutes::json).toList()));
  }

  private void list(Exchange exchange) {
    QueryParameters query = new QueryParameters(exchange);
    int page = query.integer("page", 1, PAGE_MAX).orElse(1);
    int limit = query.integer("limit", 1, LIST_MAX).orElse(LIST_DEFAULT);
    Optional<JobStatus> status = exchange.query("status").map(JobRoutes::status);
    RunnerId runner = Caller.runner(exchange);
    int total = jobs.count(runner, status);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "items", jobs.list(runner, status, page, limit).stream().map(JobRoutes::json).toList());
    body.put("total", total);
    body.put("page", page);
    body.put("totalPages", (total + limit - 1) / limit);
    exchange.sendJson(body);
  }

  private void get(Exchange exchange) {
    exchange.sendJson(json(jobs.find(Caller.runner(exchange), exchange.pathParameter("jobId"))));
  }

  private void report(Exchange exchange) {
    JobReport report = JobReport.read(RequestBody.of(exchange));
    Job job =
        jobs.report(
            Caller.runner(exchange),
            exchange.pathParameter("jobId"),
            report.status(),
            report.errorMessage(),
            report.resultMetadata(),
            outcomes);
    exchange.status(201).sendJson(json(job));
  }

  private static JobStatus status(String text) {
    return JobStatus.parse(text)
        .orElseThrow(() ->
            OperationFailure.badRequest(
                "status must be one of " + Arrays.toString(JobStatus.values())));
  }

  private static Map<String, Object> json(Job job) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", job.id().toString());
    body.put("type", job.type().name());
    body.put("status", job.status().name());
    body.put("resourceType", "SANDBOX");
    body.put("resourceId", job.sandbox().toString());
    job.payload().ifPresent(payload -> body.put("payload", payload));
    body.put("traceContext", job.traceContext());
    job.errorMessage().ifPresent(message -> body.put("errorMessage", message));
    body.put("createdAt", WireTime.of(job.createdAt()));
    body.put("updatedAt", WireTime.of(job.updatedAt()));
    return body;
  }
}
