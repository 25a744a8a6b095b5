package dev.sandlot.controlplane.region;

import dev.sandlot.controlplane.operation.ResourceKind;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import java.util.Optional;

/// Regions as operations name them: those that an organisation may use, by id.
record RegionKind(Regions regions) implements ResourceKind<Region> {
  @Override
  public Optional<Region> ofOrganization(OrganizationId organization, String name) {
    return regions.visibleTo(organization).stream()
        .filter(region -> region.id().equals(name))
        .findFirst();
  }

  @Override
  public OperationFailure unknown(String name) {
    return OperationFailure.notFound("there is no region with the id " + name);
  }

  @Override
  public String id(Region found) {
    return found.id();
  }
}
