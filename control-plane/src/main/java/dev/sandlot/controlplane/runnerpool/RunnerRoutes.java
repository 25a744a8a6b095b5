package dev.sandlot.controlplane.runnerpool;

import static dev.sandlot.controlplane.operation.OperationRow.get;
import static dev.sandlot.controlplane.operation.OperationRow.post;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Json;
import dev.sandlot.http.Operation;
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

  public List<Operation<Rules>> operations() {
    Access runner = Access.only(CallerKind.RUNNER);
    return List.of(
        get("getInfoForAuthenticatedRunner", "/runners/me").by(runner).does(this::me),
        post("runnerHealthcheck", "/runners/healthcheck")
            .by(runner)
            .answers(201)
            .does(this::healthcheck));
  }

  private Answer me(Call call) {
    Runner runner =
        pool.find(call.runner())
            .orElseThrow(() -> OperationFailure.notFound("this runner was removed"));
    return Answer.json(full(runner));
  }

  private Answer healthcheck(Call call) {
    pool.report(call.runner(), RunnerReport.read(call.body()));
    return Answer.nothing();
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
    body.put("state", runner.state(pool.now()).wire());
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
