package dev.sandlot.controlplane.job;

import static dev.sandlot.controlplane.operation.OperationRow.get;
import static dev.sandlot.controlplane.operation.OperationRow.post;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Resource;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Operation;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.job.JobStatus;
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
  private final JobResults results;

  public JobRoutes(Jobs jobs, JobResults results) {
    this.jobs = jobs;
    this.results = results;
  }

  public List<Operation<Rules>> operations() {
    Access runner = Access.only(CallerKind.RUNNER);
    Resource<Job> named = new JobKind(jobs).at("jobId");
    return List.of(
        get("listJobs", "/jobs").by(runner).does(this::list),
        get("pollJobs", "/jobs/poll").by(runner).does(this::poll),
        get("getJob", "/jobs/{jobId}").by(runner).on(named, (_, job) -> Answer.json(json(job))),
        post("updateJobStatus", "/jobs/{jobId}/status")
            .by(runner)
            .answers(201)
            .on(named, this::report));
  }

  private Answer poll(Call call) throws InterruptedException {
    QueryParameters query = call.query();
    int seconds = query.integer("timeout", 0, POLL_SECONDS_MAX).orElse(POLL_SECONDS_DEFAULT);
    int limit = query.integer("limit", 1, POLL_JOBS_MAX).orElse(POLL_JOBS_DEFAULT);
    List<Job> taken = jobs.poll(call.runner(), Duration.ofSeconds(seconds), limit);
    return Answer.json(Map.of("jobs", taken.stream().map(JobRoutes::json).toList()));
  }

  private Answer list(Call call) {
    QueryParameters query = call.query();
    int page = query.integer("page", 1, PAGE_MAX).orElse(1);
    int limit = query.integer("limit", 1, LIST_MAX).orElse(LIST_DEFAULT);
    Optional<JobStatus> status = call.exchange().query("status").map(JobRoutes::status);
    RunnerId runner = call.runner();
    int total = jobs.count(runner, status);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "items", jobs.list(runner, status, page, limit).stream().map(JobRoutes::json).toList());
    body.put("total", total);
    body.put("page", page);
    body.put("totalPages", (total + limit - 1) / limit);
    return Answer.json(body);
  }

  private Answer report(Call call, Job job) {
    JobReport report = JobReport.read(call.body());
    return Answer.json(
        json(
            results.report(
                job.id(), report.status(), report.errorMessage(), report.resultMetadata())));
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
    body.put("resourceType", job.resource().kind().name());
    body.put("resourceId", job.resource().id().toString());
    job.payload().ifPresent(payload -> body.put("payload", payload));
    body.put("traceContext", job.traceContext());
    job.errorMessage().ifPresent(message -> body.put("errorMessage", message));
    body.put("createdAt", WireTime.of(job.createdAt()));
    body.put("updatedAt", WireTime.of(job.updatedAt()));
    return body;
  }
}
