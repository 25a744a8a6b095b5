package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Clients, two runners and time, all in the hand of one random number generator, around a real
/// control plane on a real database. Steps come one after the other, so that a seed tells the same
/// story again; only requests that wait for their sandbox, and some that are sent at once, overlap.
final class Simulation implements AutoCloseable {
  private static final double FAULTS = 0.06;
  private static final int NAMES = 24;
  private static final int ROUNDS_MAX = 60;
  private static final int STEPS_TOLD = 60;
  private static final Set<String> AT_REST = Set.of("started", "stopped", "error");

  private final FakeClock clock = new FakeClock();
  private final Random random;
  private final ApiFixture api;
  private final List<SimulatedRunner> runners;
  private final List<Later<ApiFixture.Answer>> waiting = new ArrayList<>();
  private final List<Later<ApiFixture.Answer>> waitingForNetworks = new ArrayList<>();
  private final List<String> story = new ArrayList<>();
  private final Connection looker;
  private int made;

  Simulation(long seed) {
    this.random = new Random(seed);
    this.api =
        new ApiFixture(
            PostgresHarness.database(), config -> config.withTime(Duration.ofDays(1), clock));
    RunnerId second = RunnerId.random();
    String secondKey = api.addRunner(second, "second");
    this.runners =
        List.of(
            new SimulatedRunner(api, api.runnerKey, random),
            new SimulatedRunner(api, secondKey, random));
    runners.forEach(SimulatedRunner::report);
    try {
      this.looker = api.connect();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  int made() {
    return made;
  }

  /// What was done last, for whoever looks for the fault.
  String story() {
    return String.join("\n", story.subList(Math.max(0, story.size() - STEPS_TOLD), story.size()));
  }

  private void record(String step) {
    story.add(clock.instant() + " " + step);
  }

  void step() {
    int dice = random.nextInt(100);
    SimulatedRunner runner = runners.get(random.nextInt(runners.size()));
    if (dice < 12) {
      create();
    } else if (dice < 34) {
      command();
    } else if (dice < 50) {
      runner.poll(FAULTS);
    } else if (dice < 68) {
      runner.work(FAULTS);
    } else if (dice < 86) {
      runner.reportOne(FAULTS);
    } else if (dice < 89) {
      runner.compare();
    } else if (dice < 91) {
      mishap(runner);
    } else {
      pass(Duration.ofSeconds(1 + random.nextInt(90)));
    }
  }

  private void mishap(SimulatedRunner runner) {
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> {
        record("a runner crashes");
        runner.crash();
      }
      case 3 -> {
        record("a machine reboots");
        runner.reboot();
      }
      case 4, 5 -> {
        record("a sandbox ends");
        runner.endOne();
      }
      case 6 -> {
        runner.silent = !runner.silent;
        record("a runner is silent: " + runner.silent);
        runner.report();
      }
      default -> pass(Duration.ofMinutes(random.nextInt(60 * (random.nextInt(20) == 0 ? 30 : 1))));
    }
  }

  private void pass(Duration time) {
    record("time passes: " + time);
    assertAllocated();
    clock.advance(time);
    runners.forEach(SimulatedRunner::report);
    api.plane.sweep();
  }

  private void create() {
    made++;
    String body =
        "{\"name\":\"n%d\",\"autoStopInterval\":%d,\"autoDeleteInterval\":%d,\"networkBlockAll\":%b}"
            .formatted(
                random.nextInt(NAMES),
                random.nextInt(20),
                random.nextInt(4) == 0 ? 0 : random.nextInt(60) - 30,
                random.nextBoolean());
    record("create " + body);
    ask(waiting, () -> api.post("/sandbox", body));
  }

  /// Sends a request that waits for its sandbox, and goes on when it waits as one of those.
  private void ask(List<Later<ApiFixture.Answer>> those, Supplier<ApiFixture.Answer> request) {
    long before = writes();
    Later<ApiFixture.Answer> later = Later.ask(request);
    those.add(later);
    Await.until(() -> later.answered() || writes() != before);
  }

  /// Grows with every order, which is committed with what a request changes.
  private long writes() {
    return number("SELECT coalesce(max(number), 0) FROM jobs");
  }

  private long number(String sql) {
    try (Statement statement = looker.createStatement();
        var row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void command() {
    String path = "/sandbox/n" + random.nextInt(NAMES);
    String last = Integer.toString(random.nextInt(250) + 1);
    switch (random.nextInt(12)) {
      case 0, 1 -> {
        record("stop " + path);
        boolean force = random.nextBoolean();
        ask(waiting, () -> api.post(path + "/stop?force=" + force, ""));
      }
      case 2, 3 -> {
        record("start " + path);
        ask(waiting, () -> api.post(path + "/start", ""));
      }
      case 4 -> now("DELETE", path, "");
      case 5 -> now("DELETE", path + "?force=" + (random.nextInt(3) == 0), "");
      case 6 -> {
        record("recover " + path);
        ask(waiting, () -> api.post(path + "/recover?skipStart=" + random.nextBoolean(), ""));
      }
      case 7, 8 -> {
        String body =
            random.nextBoolean()
                ? "{\"networkBlockAll\":true}"
                : "{\"networkAllowList\":\"203.0.113." + last + "/32\"}";
        record("network " + path + " " + body);
        ask(waitingForNetworks, () -> api.post(path + "/network-settings", body));
      }
      case 9 -> now("PUT", path + "/labels", "{\"labels\":{\"last\":\"" + last + "\"}}");
      case 10 -> now("POST", path + "/autodelete/" + (random.nextInt(60) - 30), "");
      default -> atOnce(path);
    }
  }

  private void now(String method, String path, String body) {
    record(method + " " + path + " " + body);
    check(api.call(api.adminKey, method, path, body));
  }

  private void atOnce(String path) {
    record("at once " + path);
    List<Supplier<ApiFixture.Answer>> all =
        new ArrayList<>(
            List.of(
                () -> api.delete(path),
                () -> api.delete(path + "?force=true"),
                () -> api.put(path + "/labels", "{\"labels\":{}}")));
    Collections.shuffle(all, random);
    waiting.add(Later.ask(() -> api.post(path + "/stop", "")));
    Later.atOnce(all.subList(0, 2)).forEach(Simulation::check);
  }

  /// Carried out, or refused for the state that the sandbox was in, in the words of that state.
  private static void check(ApiFixture.Answer answer) {
    assertThat(answer.body()).as("%s", answer).containsPattern(words(answer.status()));
  }

  private static String words(int status) {
    return switch (status) {
      case 200, 201 -> "\"id\":\"";
      case 400 ->
          "already stopped|in an errored state|only a sandbox in error|cannot be done while"
              + "|cannot be recovered from|could not be created|did not start|No available runners";
      case 404 -> "Sandbox not found: ";
      case 409 -> "State change in progress: |already exists";
      case 502 -> "the runner could not apply them";
      case 504 -> "the runner has not applied them yet";
      default -> "no such status is an answer here";
    };
  }

  /// Lets everything go well from now on; then nothing may be stuck, leaked or lost.
  void converge() {
    assertAllocated();
    record("all goes well from now on");
    runners.forEach(runner -> runner.silent = false);
    settle();
    waiting.forEach(later -> check(later.answer()));
    waitingForNetworks.forEach(later -> check(later.answer()));
    for (JsonNode sandbox : sandboxes()) {
      verify(sandbox);
    }
    assertThat(number("SELECT count(*) FROM jobs WHERE status IN ('PENDING', 'IN_PROGRESS')"))
        .as("open jobs")
        .isZero();
  }

  private void settle() {
    for (int round = 0; round < ROUNDS_MAX; round++) {
      clock.advance(Duration.ofSeconds(61));
      runners.forEach(SimulatedRunner::report);
      api.plane.sweep();
      runners.forEach(SimulatedRunner::compare);
      for (SimulatedRunner runner : runners) {
        do {
          while (!runner.idle()) {
            runner.work(0);
            runner.reportOne(0);
          }
          runner.poll(0);
        } while (!runner.idle());
      }
      if (round > 2 && unsettled() == 0) {
        runners.forEach(SimulatedRunner::compare);
        return;
      }
    }
    assertThat(sandboxes()).as("sandboxes after %d minutes", ROUNDS_MAX).isEmpty();
  }

  /// What is promised of runners is what their sandboxes hold, before a sweep could correct it.
  private void assertAllocated() {
    String running = Columns.literals(states(SandboxState::usesProcessor));
    String kept = Columns.literals(states(SandboxState::keepsFiles));
    assertThat(
            number(
                """
                SELECT count(*) FROM runner_allocations a
                LEFT JOIN LATERAL (
                  SELECT coalesce(sum(cpu) FILTER (WHERE state IN %s), 0) AS cpu,
                    coalesce(sum(memory) FILTER (WHERE state IN %s), 0) AS memory,
                    coalesce(sum(disk) FILTER (WHERE state IN %s), 0) AS disk
                  FROM sandboxes WHERE runner_id = a.runner_id) held ON true
                WHERE (a.cpu, a.memory_gib, a.disk_gib)
                  IS DISTINCT FROM (held.cpu, held.memory, held.disk)\
                """
                    .formatted(running, running, kept)))
        .as("runners whose allocation is not the sum of their sandboxes'")
        .isZero();
  }

  private static Stream<SandboxState> states(Predicate<SandboxState> which) {
    return Arrays.stream(SandboxState.values()).filter(which);
  }

  private long unsettled() {
    return sandboxes().stream()
        .filter(sandbox -> !AT_REST.contains(sandbox.path("state").asString()))
        .count();
  }

  private List<JsonNode> sandboxes() {
    List<JsonNode> all = new ArrayList<>();
    String cursor = "";
    do {
      JsonNode page = api.get("/sandbox?limit=200&sort=createdAt" + cursor).json();
      page.path("items").forEach(all::add);
      cursor =
          page.path("nextCursor").isNull() ? "" : "&cursor=" + page.path("nextCursor").asString();
    } while (!cursor.isEmpty());
    return all;
  }

  /// What the control plane believes of a sandbox is what its runner has.
  private void verify(JsonNode sandbox) {
    String id = sandbox.path("id").asString();
    List<SimulatedRunner.Hosted> found =
        runners.stream()
            .flatMap(runner -> Optional.ofNullable(runner.hosted.get(id)).stream())
            .toList();
    assertThat(found).as("places of %s", sandbox).hasSizeLessThanOrEqualTo(1);
    boolean running = found.stream().anyMatch(SimulatedRunner.Hosted::running);
    assertThat(running)
        .as("runs: %s", sandbox)
        .isEqualTo(sandbox.path("state").asString().equals("started"));
    if (running) {
      assertThat(found.getFirst().network())
          .as("network of %s", sandbox)
          .isEqualTo(
              sandbox.path("networkBlockAll").asBoolean()
                  + " "
                  + sandbox.path("networkAllowList").asString(""));
    }
  }

  /// Deletes all; then nothing may be left anywhere.
  void deleteAll() {
    for (JsonNode sandbox : sandboxes()) {
      ApiFixture.Answer answer = api.delete("/sandbox/" + sandbox.path("id").asString());
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }
    settle();
    assertThat(sandboxes()).isEmpty();
    runners.forEach(runner -> assertThat(runner.hosted).isEmpty());
    clock.advance(Duration.ofHours(25));
    api.plane.sweep();
    assertThat(number("SELECT count(*) FROM sandboxes")).as("rows kept").isZero();
    assertThat(number("SELECT count(*) FROM jobs")).as("jobs kept").isZero();
  }

  @Override
  public void close() {
    try {
      looker.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } finally {
      api.close();
    }
  }
}
