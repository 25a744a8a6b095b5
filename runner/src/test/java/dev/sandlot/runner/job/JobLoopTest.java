package dev.sandlot.runner.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sandlot.http.Json;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.TraceContext;
import dev.sandlot.model.job.JobId;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The loop with a fake control plane over HTTP.
class JobLoopTest {
  /// For so long nothing must come that would have come at once.
  private static final Duration MOMENT = Duration.ofMillis(500);

  private final BlockingQueue<List<Map<String, Object>>> batches = new LinkedBlockingQueue<>();
  private final BlockingQueue<JsonNode> reports = new LinkedBlockingQueue<>();
  private final AtomicInteger reportsToLose = new AtomicInteger();
  private final AtomicInteger pollsToRefuse = new AtomicInteger();
  private final AtomicInteger polls = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private volatile List<Map<String, Object>> unfinished = List.of();
  private volatile int reportStatus = 201;
  private HttpServer server;
  private ControlPlaneClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/jobs", this::serve);
    server.start();
    client =
        new ControlPlaneClient(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api"), "key");
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  private void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    assertThat(exchange.getRequestHeaders().getFirst("Authorization")).isEqualTo("Bearer key");
    byte[] body = exchange.getRequestBody().readAllBytes();
    int status = 200;
    Map<String, Object> answer = Map.of();
    if (path.endsWith("/status")) {
      if (reportsToLose.getAndDecrement() > 0) {
        exchange.close();
        return;
      }
      reports.add(Json.read(new String(body, UTF_8), JsonNode.class));
      status = reportStatus;
    } else if (path.endsWith("/poll")) {
      polls.incrementAndGet();
      if (pollsToRefuse.getAndDecrement() > 0) {
        status = 503;
      }
      answer = Map.of("jobs", next());
    } else {
      answer = Map.of("items", unfinished);
    }
    byte[] json = Json.bytes(answer);
    exchange.sendResponseHeaders(status, json.length);
    exchange.getResponseBody().write(json);
    exchange.close();
  }

  private List<Map<String, Object>> next() {
    try {
      List<Map<String, Object>> batch = batches.poll(200, TimeUnit.MILLISECONDS);
      return batch == null ? List.of() : batch;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void runsAJobAndReportsIt() throws Exception {
    batches.add(List.of(job(JobId.random())));
    try (var _ = JobLoop.start(client, this::count, 4)) {
      JsonNode report = report();

      assertThat(report.path("status").stringValue()).isEqualTo("COMPLETED");
      assertThat(report.path("resultMetadata").stringValue())
          .isEqualTo("{\"daemonVersion\":\"1\"}");
    }
  }

  @Test
  void carriesAJobOutInTheTraceOfItsOrder() throws Exception {
    String trace = "0af7651916cd43dd8448eb211c80319c";
    Map<String, Object> job = new LinkedHashMap<>(job(JobId.random()));
    job.put("traceContext", Map.of("traceparent", "00-" + trace + "-b7ad6b7169203331-01"));
    batches.add(List.of(job));
    try (var _ = JobLoop.start(client, _ -> Map.copyOf(TraceContext.current().headers()), 4)) {
      JsonNode report = report();

      assertThat(report.path("resultMetadata").stringValue()).contains(trace);
    }
  }

  @Test
  void reportsWhyAJobFailed() throws Exception {
    batches.add(List.of(job(JobId.random())));
    try (var _ =
        JobLoop.start(
            client,
            _ -> {
              throw new JobFailure("the machine is full");
            },
            4)) {
      JsonNode report = report();

      assertThat(report.path("status").stringValue()).isEqualTo("FAILED");
      assertThat(report.path("errorMessage").stringValue()).isEqualTo("the machine is full");
    }
  }

  @Test
  void skipsAJobThatIsAlreadyRunning() throws Exception {
    JobId id = JobId.random();
    CountDownLatch release = new CountDownLatch(1);
    Map<String, Object> job = job(id);
    batches.add(List.of(job));
    batches.add(List.of(job));
    try (var _ =
        JobLoop.start(
            client,
            taken -> {
              release.await();
              return count(taken);
            },
            4)) {
      // Who asks for a third time has looked at what came with the second.
      Waiting.eventually("the loop has asked three times", () -> polls.get() >= 3);
      release.countDown();
      report();

      Waiting.never("it is reported twice", MOMENT, () -> !reports.isEmpty());
      assertThat(done).hasValue(1);
    }
  }

  @Test
  void retriesAReportWhenTheAnswerWasLost() throws Exception {
    reportsToLose.set(2);
    batches.add(List.of(job(JobId.random())));
    try (var _ = JobLoop.start(client, this::count, 4)) {
      assertThat(report().path("status").stringValue()).isEqualTo("COMPLETED");
      assertThat(done).hasValue(1);
    }
  }

  @Test
  void givesUpARefusedReport() throws Exception {
    reportStatus = 409;
    batches.add(List.of(job(JobId.random())));
    try (var _ = JobLoop.start(client, this::count, 4)) {
      report();

      Waiting.never("it is reported again", MOMENT, () -> !reports.isEmpty());
    }
  }

  @Test
  void runsJobsClaimedBeforeARestart() throws Exception {
    unfinished = List.of(job(JobId.random()));
    try (var _ = JobLoop.start(client, this::count, 4)) {
      assertThat(report().path("status").stringValue()).isEqualTo("COMPLETED");
    }
  }

  @Test
  void reconnectsWhenTheControlPlaneWasUnreachable() throws Exception {
    pollsToRefuse.set(2);
    batches.add(List.of());
    batches.add(List.of());
    batches.add(List.of(job(JobId.random())));
    try (var _ = JobLoop.start(client, this::count, 4)) {
      assertThat(report().path("status").stringValue()).isEqualTo("COMPLETED");
    }
  }

  @Test
  void limitsTheNumberOfConcurrentJobs() throws Exception {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch release = new CountDownLatch(1);
    batches.add(List.of(job(JobId.random()), job(JobId.random()), job(JobId.random())));
    try (var _ =
        JobLoop.start(
            client,
            job -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              release.await();
              now.decrementAndGet();
              return count(job);
            },
            2)) {
      Waiting.eventually("two have begun", () -> now.get() == 2);
      Waiting.never("a third begins", MOMENT, () -> now.get() > 2);
      release.countDown();
      report();
      report();
      report();

      assertThat(most).hasValue(2);
    }
  }

  private Map<String, String> count(Job job) {
    assertThat(job.type()).isEqualTo("CREATE_SANDBOX");
    done.incrementAndGet();
    return Map.of("daemonVersion", "1");
  }

  private JsonNode report() throws InterruptedException {
    JsonNode report = reports.poll(60, TimeUnit.SECONDS);
    if (report == null) {
      throw new AssertionError("no report came");
    }
    return report;
  }

  private static Map<String, Object> job(JobId id) {
    return Map.of(
        "id", id.toString(),
        "type", "CREATE_SANDBOX",
        "status", "IN_PROGRESS",
        "resourceId", SandboxId.random().toString(),
        "payload", "{}",
        "createdAt", "2026-11-01T00:00:00.000Z");
  }
}
