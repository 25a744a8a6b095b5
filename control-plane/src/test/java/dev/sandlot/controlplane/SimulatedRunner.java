package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// A runner that does one thing at a time, when it is told to, and not always well: answers get
/// lost, jobs fail, it crashes. As a real one it does the jobs of a sandbox in the order in which
/// it got them, takes none that it has in hand, and reports until it is heard.
final class SimulatedRunner {
  private static final Set<String> AT_REST = Set.of("stopped", "destroyed", "error");

  private final ApiFixture api;
  private final String key;
  private final Random random;
  private final Map<String, JsonNode> inHand = new LinkedHashMap<>();
  private final Map<String, String> unreported = new LinkedHashMap<>();
  private final Map<String, String> busy = new LinkedHashMap<>();
  final Map<String, Hosted> hosted = new LinkedHashMap<>();
  boolean silent;

  /// A sandbox on its machine.
  ///
  /// @param network what it may reach, "blockAll allowList"
  record Hosted(boolean running, String network) {}

  SimulatedRunner(ApiFixture api, String key, Random random) {
    this.api = api;
    this.key = key;
    this.random = random;
  }

  private ApiFixture.Answer call(String method, String path, String body) {
    ApiFixture.Answer answer = api.call(key, method, path, body);
    assertThat(answer.status()).as("%s %s: %s", method, path, answer.body()).isLessThan(500);
    return answer;
  }

  void report() {
    if (!silent) {
      call(
          "POST",
          "/runners/healthcheck",
          "{\"metrics\":{\"cpu\":4,\"memoryGiB\":8,\"diskGiB\":60}}");
    }
  }

  /// @param faults how often a thing goes wrong, 0 to 1
  void poll(double faults) {
    if (silent) {
      return;
    }
    JsonNode jobs = call("GET", "/jobs/poll?timeout=0&limit=" + (1 + random.nextInt(5)), "").json();
    if (random.nextDouble() >= faults) {
      take(jobs.path("jobs"));
    }
  }

  /// Takes up what it had in hand before a crash.
  private void resume() {
    take(call("GET", "/jobs?status=IN_PROGRESS", "").json().path("items"));
  }

  private void take(JsonNode jobs) {
    for (JsonNode job : jobs) {
      String id = job.path("id").asString();
      if (!busy.containsKey(id)) {
        inHand.put(id, job);
        busy.put(id, job.path("resourceId").asString());
      }
    }
  }

  boolean idle() {
    return inHand.isEmpty() && unreported.isEmpty();
  }

  /// Does one job: any that is the first of its sandbox.
  void work(double faults) {
    Set<String> sandboxes = new HashSet<>();
    List<JsonNode> firsts = new ArrayList<>();
    for (JsonNode job : inHand.values()) {
      if (sandboxes.add(job.path("resourceId").asString())) {
        firsts.add(job);
      }
    }
    if (firsts.isEmpty()) {
      return;
    }
    JsonNode job = firsts.get(random.nextInt(firsts.size()));
    String id = job.path("id").asString();
    boolean fails = random.nextDouble() < faults;
    String reason = fails ? "a simulated fault" : carryOut(job);
    inHand.remove(id);
    unreported.put(
        id,
        Json.text(
            Map.of("status", reason.isEmpty() ? "COMPLETED" : "FAILED", "errorMessage", reason)));
  }

  /// @return why it failed; empty if it did not
  private String carryOut(JsonNode job) {
    String id = job.path("resourceId").asString();
    JsonNode payload = Json.read(job.path("payload").asString("{}"), JsonNode.class);
    String network =
        payload.path("networkBlockAll").asBoolean()
            + " "
            + payload.path("networkAllowList").asString("");
    switch (job.path("type").asString()) {
      case "CREATE_SANDBOX" -> hosted.put(id, new Hosted(true, network));
      case "START_SANDBOX" -> {
        if (hosted.replace(id, new Hosted(true, network)) == null) {
          return "its files are gone";
        }
      }
      case "STOP_SANDBOX" -> end(id);
      case "DESTROY_SANDBOX" -> hosted.remove(id);
      default ->
          hosted.computeIfPresent(id, (_, now) -> now.running() ? new Hosted(true, network) : now);
    }
    return "";
  }

  private void end(String id) {
    hosted.computeIfPresent(id, (_, now) -> new Hosted(false, now.network()));
  }

  /// Reports on one job; if the answer gets lost it will do so again.
  void reportOne(double faults) {
    if (silent || unreported.isEmpty()) {
      return;
    }
    Map.Entry<String, String> report =
        List.copyOf(unreported.entrySet()).get(random.nextInt(unreported.size()));
    String id = report.getKey();
    ApiFixture.Answer answer = call("POST", "/jobs/" + id + "/status", report.getValue());
    // Taken; or too late, since the job has ended otherwise or went with its sandbox.
    assertThat(answer.body())
        .as("%s", answer)
        .containsPattern(
            switch (answer.status()) {
              case 201 -> "";
              case 404 -> "there is no job";
              case 409 -> "the job";
              default -> "no such status is an answer here";
            });
    if (random.nextDouble() >= faults) {
      unreported.remove(id);
      busy.remove(id);
    }
  }

  /// Forgets what it was at. Sandboxes go on.
  void crash() {
    inHand.clear();
    unreported.clear();
    busy.clear();
    if (!silent) {
      resume();
    }
  }

  /// Its machine starts anew: nothing runs any more.
  void reboot() {
    hosted.keySet().forEach(this::end);
    crash();
  }

  /// The processes of one sandbox end.
  void endOne() {
    List<String> running =
        hosted.entrySet().stream()
            .filter(entry -> entry.getValue().running())
            .map(Map.Entry::getKey)
            .toList();
    if (!running.isEmpty()) {
      end(running.get(random.nextInt(running.size())));
    }
  }

  /// Compares with what the control plane believes, as the real one does every half minute.
  void compare() {
    if (silent) {
      return;
    }
    Map<String, String> believed = new LinkedHashMap<>();
    for (JsonNode sandbox : call("GET", "/sandbox/for-runner", "").json()) {
      believed.put(sandbox.path("id").asString(), sandbox.path("state").asString());
    }
    for (String id : List.copyOf(hosted.keySet())) {
      if (busy.containsValue(id)) {
        continue;
      }
      String state = believed.get(id);
      if (state == null) {
        hosted.remove(id);
      } else if (AT_REST.contains(state)) {
        end(id);
      }
    }
    believed.forEach((id, state) -> {
      Hosted here = hosted.get(id);
      if (state.equals("started") && !busy.containsValue(id) && (here == null || !here.running())) {
        call("PUT", "/sandbox/" + id + "/state", "{\"state\":\"stopped\"}");
      }
    });
  }
}
