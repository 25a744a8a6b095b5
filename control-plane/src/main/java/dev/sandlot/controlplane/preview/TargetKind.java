package dev.sandlot.controlplane.preview;

import dev.sandlot.controlplane.operation.ResourceKind;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// Sandboxes as questions about previews name them, by id. What was found a moment ago may answer.
record TargetKind(Previews previews) implements ResourceKind<Previews.Target> {
  @Override
  public Optional<Previews.Target> ofOrganization(OrganizationId organization, String name) {
    return ofAnybody(name).filter(target -> target.organization().equals(organization));
  }

  @Override
  public Optional<Previews.Target> ofAnybody(String name) {
    return SandboxId.parse(name).flatMap(previews::find);
  }

  @Override
  public OperationFailure unknown(String name) {
    return none();
  }

  static OperationFailure none() {
    return OperationFailure.notFound(
        ClientWords.sandboxNotFound("there is none, or it may not be seen"));
  }

  @Override
  public String id(Previews.Target found) {
    return found.id().toString();
  }
}
