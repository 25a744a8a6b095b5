package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.access.Caller;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.RequestBody;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Sandboxes over HTTP, for the runner that has them: what it should have, and what it sees.
public final class RunnerSandboxRoutes {
  private final Sandboxes sandboxes;
  private final SandboxJson json;

  public RunnerSandboxRoutes(Sandboxes sandboxes, Addresses addresses) {
    this.sandboxes = sandboxes;
    this.json = new SandboxJson(addresses);
  }

  public List<Route<Policy>> routes() {
    return List.of(
        new Route<>("GET", "/sandbox/for-runner", new Policy.Runner(), this::forRunner),
        new Route<>("PUT", "/sandbox/{sandboxId}/state", new Policy.Runner(), this::state));
  }

  /// All that are not destroyed, unless states are given (comma list or repeated).
  private void forRunner(Exchange exchange) {
    Set<SandboxState> states = EnumSet.noneOf(SandboxState.class);
    for (String list : new QueryParameters(exchange).texts("states")) {
      for (String wire : list.split(",", -1)) {
        SandboxState.parse(wire.strip()).ifPresent(states::add);
      }
    }
    if (states.isEmpty() && exchange.query("states").isEmpty()) {
      states.addAll(EnumSet.complementOf(EnumSet.of(SandboxState.DESTROYED)));
    }
    RunnerId runner = Caller.runner(exchange);
    exchange.sendJson(sandboxes.onRunner(runner, states).stream().map(json::full).toList());
  }

  private void state(Exchange exchange) {
    String id = exchange.pathParameter("sandboxId");
    RunnerId runner = Caller.runner(exchange);
    StateReport report = StateReport.read(RequestBody.of(exchange));
    Sandbox sandbox =
        SandboxId.parse(id)
            .flatMap(sandboxes::find)
            .filter(found -> found.runner().equals(runner))
            .orElseThrow(() -> Refusal.unknown(id));
    sandboxes.observe(sandbox, report.state(), report.cause());
    exchange.send();
  }
}
