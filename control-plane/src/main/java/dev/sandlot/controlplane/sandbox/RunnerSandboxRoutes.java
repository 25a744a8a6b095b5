package dev.sandlot.controlplane.sandbox;

import static dev.sandlot.controlplane.operation.OperationRow.get;
import static dev.sandlot.controlplane.operation.OperationRow.put;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.http.Operation;
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

  public List<Operation<Rules>> operations() {
    Access runner = Access.only(CallerKind.RUNNER);
    return List.of(
        get("getSandboxesForRunner", "/sandbox/for-runner").by(runner).does(this::forRunner),
        put("updateSandboxState", "/sandbox/{sandboxId}/state")
            .by(runner)
            .on(SandboxKind.byId(sandboxes).at("sandboxId"), this::state));
  }

  /// All that are not destroyed, unless states are given (comma list or repeated).
  private Answer forRunner(Call call) {
    Set<SandboxState> states = EnumSet.noneOf(SandboxState.class);
    for (String list : call.query().texts("states")) {
      for (String wire : list.split(",", -1)) {
        SandboxState.parse(wire.strip()).ifPresent(states::add);
      }
    }
    if (states.isEmpty() && call.exchange().query("states").isEmpty()) {
      states.addAll(EnumSet.complementOf(EnumSet.of(SandboxState.DESTROYED)));
    }
    return Answer.json(sandboxes.onRunner(call.runner(), states).stream().map(json::full).toList());
  }

  private Answer state(Call call, Sandbox sandbox) {
    StateReport report = StateReport.read(call.body());
    sandboxes.observe(sandbox, report.state(), report.cause());
    return Answer.nothing();
  }
}
