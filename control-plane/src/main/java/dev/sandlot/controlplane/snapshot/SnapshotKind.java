package dev.sandlot.controlplane.snapshot;

import dev.sandlot.controlplane.operation.ResourceKind;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import java.util.Optional;

/// Snapshots as operations name them: an organisation's own and general ones, by id or name.
record SnapshotKind(Snapshots snapshots) implements ResourceKind<Snapshot> {
  @Override
  public Optional<Snapshot> ofOrganization(OrganizationId organization, String name) {
    return snapshots.find(organization, name);
  }

  @Override
  public OperationFailure unknown(String name) {
    return OperationFailure.notFound(snapshots.absence(name));
  }

  @Override
  public String id(Snapshot found) {
    return found.id().toString();
  }
}
