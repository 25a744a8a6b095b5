package dev.sandlot.runner.job;

import dev.sandlot.http.Json;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.TraceContext;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobStatus;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The runner's client of the control plane's API. Thread-safe; every call may throw an
/// `IOException` when the control plane cannot be reached.
public final class ControlPlaneClient implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
  private static final int JOBS_MAX = 500;

  private final URI base;
  private final String key;
  private final HttpClient http;

  /// @param base with the `/api` prefix, no slash at its end
  /// @param key the runner's
  public ControlPlaneClient(URI base, String key) {
    this.base = base;
    this.key = key;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_MAX)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
  }

  /// Waits for jobs and claims them.
  ///
  /// @param timeout how long the control plane may hold the request
  List<Job> poll(Duration timeout, int limit) throws IOException, InterruptedException {
    JsonNode answer =
        send(
            request("/jobs/poll?timeout=" + timeout.toSeconds() + "&limit=" + limit)
                .timeout(timeout.plus(ANSWER_MAX))
                .GET());
    return jobs(answer.path("jobs"));
  }

  /// The jobs that this runner has claimed and not reported, also before a restart.
  List<Job> unfinished() throws IOException, InterruptedException {
    JsonNode answer =
        send(request("/jobs?status=" + JobStatus.IN_PROGRESS + "&limit=" + JOBS_MAX).GET());
    return jobs(answer.path("items"));
  }

  /// Reports how a job ended.
  void report(JobId id, Map<String, Object> outcome) throws IOException, InterruptedException {
    send(request("/jobs/" + id + "/status").POST(BodyPublishers.ofByteArray(Json.bytes(outcome))));
  }

  /// Sends a health report.
  void reportHealth(Map<String, Object> report) throws IOException, InterruptedException {
    send(request("/runners/healthcheck").POST(BodyPublishers.ofByteArray(Json.bytes(report))));
  }

  /// What the control plane believes to be on this runner: states by sandbox, empty for one that
  /// this runner does not know.
  public Map<SandboxId, Optional<SandboxState>> sandboxes()
      throws IOException, InterruptedException {
    JsonNode answer = send(request("/sandbox/for-runner").GET());
    if (!answer.isArray()) {
      throw new IOException("the control plane's list of sandboxes is not a list");
    }
    Map<SandboxId, Optional<SandboxState>> states = new LinkedHashMap<>();
    for (JsonNode sandbox : answer) {
      SandboxId.parse(sandbox.path("id").asString(""))
          .ifPresent(id -> states.put(id, SandboxState.parse(sandbox.path("state").asString(""))));
    }
    return states;
  }

  /// Reports that a sandbox's state has changed without a job.
  ///
  /// @param reason a sentence for its owner
  public void reportState(SandboxId id, SandboxState state, String reason)
      throws IOException, InterruptedException {
    Map<String, Object> body =
        Map.of("state", state.wire(), "errorReason", reason, "recoverable", true);
    send(request("/sandbox/" + id + "/state").PUT(BodyPublishers.ofByteArray(Json.bytes(body))));
  }

  private HttpRequest.Builder request(String pathAndQuery) {
    return HttpRequest.newBuilder(URI.create(base + pathAndQuery))
        .timeout(ANSWER_MAX)
        .header("Authorization", "Bearer " + key)
        .header("Content-Type", "application/json");
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
    if (response.statusCode() / 100 != 2) {
      throw new RefusedRequest(
          response.statusCode(),
          "the control plane answered "
              + response.statusCode()
              + " to "
              + response.uri().getPath());
    }
    byte[] body = response.body();
    try {
      return Json.read(body.length == 0 ? new byte[] {'{', '}'} : body, JsonNode.class);
    } catch (JacksonException e) {
      throw new IOException("the control plane's answer is not JSON", e);
    }
  }

  private static TraceContext trace(JsonNode headers) {
    Map<String, String> trace = new LinkedHashMap<>();
    headers
        .properties()
        .forEach(header -> trace.put(header.getKey(), header.getValue().asString("")));
    return new TraceContext(trace);
  }

  private static List<Job> jobs(JsonNode array) throws IOException {
    List<Job> jobs = new ArrayList<>();
    for (JsonNode job : array) {
      try {
        jobs.add(
            new Job(
                JobId.of(job.path("id").asString("")),
                job.path("type").asString(""),
                job.path("resourceType").asString(""),
                job.path("resourceId").asString(""),
                job.path("payload").asString(""),
                trace(job.path("traceContext")),
                Instant.parse(job.path("createdAt").asString(""))));
      } catch (IllegalArgumentException | DateTimeParseException e) {
        throw new IOException("the control plane sent a job that cannot be read", e);
      }
    }
    return jobs;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
