package dev.sandlot.controlplane;

import dev.sandlot.http.Json;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/// Speaks a runner's side of the job protocol and keeps its sandboxes in memory: each runs or does
/// not.
final class FakeRunner implements AutoCloseable {
  /// What the runner does about a job.
  sealed interface Reaction {
    /// Do it and say so.
    record Do() implements Reaction {}

    /// Say it failed.
    record Fail(String reason) implements Reaction {}

    /// Do it and say so, two times over.
    record DoTwice() implements Reaction {}

    /// Do nothing, say nothing.
    record Ignore() implements Reaction {}
  }

  private final ApiFixture api;
  private final String key;
  private final Thread thread;
  private volatile boolean closed;
  volatile Function<JsonNode, Reaction> reactions = _ -> new Reaction.Do();
  final Map<String, Boolean> sandboxes = new ConcurrentHashMap<>();
  final List<JsonNode> seen = new CopyOnWriteArrayList<>();

  FakeRunner(ApiFixture api) {
    this(api, api.runnerKey);
  }

  /// @param key of the runner whose part this takes
  FakeRunner(ApiFixture api, String key) {
    this.api = api;
    this.key = key;
    this.thread = Thread.ofVirtual().unstarted(this::work);
  }

  FakeRunner start() {
    return start(8, 64, 500);
  }

  /// Begins to work on a machine of this size.
  FakeRunner start(int cpu, int memoryGib, int diskGib) {
    api.report(key, cpu, memoryGib, diskGib);
    thread.start();
    return this;
  }

  private void work() {
    while (!closed) {
      try {
        JsonNode answer = poll(2);
        for (JsonNode job : answer.path("jobs")) {
          serve(job);
        }
        if (answer.path("jobs").isMissingNode()) {
          Await.pause(Duration.ofMillis(100)); // its pace when the control plane is in trouble
        }
      } catch (IllegalStateException e) {
        if (!closed) {
          throw e;
        }
      }
    }
  }

  /// Ignores jobs of this type, takes all others.
  void ignore(String type) {
    reactions = job -> is(job, type) ? new Reaction.Ignore() : new Reaction.Do();
  }

  /// Fails at jobs of this type, takes all others.
  void fail(String type, String reason) {
    reactions = job -> is(job, type) ? new Reaction.Fail(reason) : new Reaction.Do();
  }

  void obey() {
    reactions = _ -> new Reaction.Do();
  }

  static boolean is(JsonNode job, String type) {
    return job.path("type").asString().equals(type);
  }

  /// The jobs of a sandbox that were handed out, by type, in order.
  List<String> jobsOf(String sandbox) {
    return seen.stream()
        .filter(job -> job.path("resourceId").asString().equals(sandbox))
        .map(job -> job.path("type").asString())
        .toList();
  }

  JsonNode poll(int seconds) {
    return api.call(key, "GET", "/jobs/poll?limit=10&timeout=" + seconds, "").json();
  }

  void serve(JsonNode job) {
    seen.add(job);
    switch (reactions.apply(job)) {
      case Reaction.Do() -> {
        carryOut(job);
        report(job, "COMPLETED", "");
      }
      case Reaction.Fail(String reason) -> report(job, "FAILED", reason);
      case Reaction.DoTwice() -> {
        carryOut(job);
        report(job, "COMPLETED", "");
        carryOut(job);
        report(job, "COMPLETED", "");
      }
      case Reaction.Ignore() -> {}
    }
  }

  void carryOut(JsonNode job) {
    String id = job.path("resourceId").asString();
    switch (job.path("type").asString()) {
      case "CREATE_SANDBOX", "START_SANDBOX" -> sandboxes.put(id, true);
      case "STOP_SANDBOX" -> sandboxes.computeIfPresent(id, (_, _) -> false);
      case "DESTROY_SANDBOX" -> sandboxes.remove(id);
      default -> {}
    }
  }

  ApiFixture.Answer report(JsonNode job, String status, String reason) {
    return api.call(
        key,
        "POST",
        "/jobs/" + job.path("id").asString() + "/status",
        Json.text(Map.of("status", status, "errorMessage", reason)));
  }

  @Override
  public void close() {
    closed = true;
  }
}
