package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.access.Caller;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.RequestBody;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Json;
import dev.sandlot.http.Route;
import dev.sandlot.model.OperationFailure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a runner says and asks about itself.
public final class RunnerRoutes {
  /// Runners of this version poll for jobs.
  private static final String API_VERSION = "2";

  private final RunnerPool pool;

  public RunnerRoutes(RunnerPool pool) {
    this.pool = pool;
  }

  public List<Route<Policy>> routes() {
    return List.of(
        new Route<>("GET", "/runners/me", new Policy.Runner(), this::me),
        new Route<>("POST", "/runners/healthcheck", new Policy.Runner(), this::healthcheck));
  }

  private void me(Exchange exchange) {
    Runner runner =
        pool.find(Caller.runner(exchange))
            .orElseThrow(() -> OperationFailure.notFound("this runner was removed"));
    exchange.sendJson(full(runner));
  }

  private void healthcheck(Exchange exchange) {
    RunnerReport report = RequestBody.of(exchange).as(RunnerReport.class);
    pool.report(Caller.runner(exchange), report);
    exchange.status(201).send();
  }

  /// `apiKey` is required by the schema, and empty: of a key we only keep the hash.
  private Map<String, Object> full(Runner runner) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", runner.id().toString());
    runner.domain().ifPresent(domain -> body.put("domain", domain));
    runner.apiUrl().ifPresent(url -> body.put("apiUrl", url));
    runner.proxyUrl().ifPresent(url -> body.put("proxyUrl", url));
    body.put("cpu", runner.cpu());
    body.put("memory", runner.memoryGib());
    body.put("disk", runner.diskGib());
    body.put("sandboxClass", "container");
    Json.read(runner.metrics(), Map.class)
        .forEach((key, value) -> {
          if (key instanceof String name && name.startsWith("current") && value != null) {
            body.put(name, value);
          }
        });
    body.put("region", runner.region());
    body.put("name", runner.name());
    body.put("state", runner.state(pool.now()));
    runner.lastCheckedAt().ifPresent(at -> body.put("lastChecked", WireTime.of(at)));
    body.put("unschedulable", runner.unschedulable());
    body.put("tags", List.of());
    body.put("createdAt", WireTime.of(runner.createdAt()));
    body.put("updatedAt", WireTime.of(runner.updatedAt()));
    body.put("version", API_VERSION);
    body.put("apiVersion", API_VERSION);
    body.put("runnerClass", "container");
    runner.appVersion().ifPresent(version -> body.put("appVersion", version));
    body.put("apiKey", "");
    body.put("regionType", "shared");
    return body;
  }
}
