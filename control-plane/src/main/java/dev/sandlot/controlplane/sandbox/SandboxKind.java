package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.operation.ResourceKind;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// Sandboxes as operations name them: an organisation's by id or name, a runner's and the proxy's
/// by id.
public final class SandboxKind implements ResourceKind<Sandbox> {
  private final Sandboxes sandboxes;
  private final boolean byName;

  private SandboxKind(Sandboxes sandboxes, boolean byName) {
    this.sandboxes = sandboxes;
    this.byName = byName;
  }

  public static SandboxKind byIdOrName(Sandboxes sandboxes) {
    return new SandboxKind(sandboxes, true);
  }

  static SandboxKind byId(Sandboxes sandboxes) {
    return new SandboxKind(sandboxes, false);
  }

  @Override
  public Optional<Sandbox> ofOrganization(OrganizationId organization, String name) {
    return byName
        ? sandboxes.find(organization, name)
        : ofAnybody(name).filter(found -> found.organization().equals(organization));
  }

  @Override
  public Optional<Sandbox> ofRunner(RunnerId runner, String name) {
    return ofAnybody(name).filter(found -> found.runner().equals(runner));
  }

  @Override
  public Optional<Sandbox> ofAnybody(String name) {
    return SandboxId.parse(name).flatMap(sandboxes::find);
  }

  @Override
  public OperationFailure unknown(String name) {
    return Refusal.unknown(name);
  }

  @Override
  public String id(Sandbox found) {
    return found.id().toString();
  }
}
