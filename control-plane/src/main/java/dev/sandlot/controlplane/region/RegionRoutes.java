package dev.sandlot.controlplane.region;

import dev.sandlot.controlplane.access.Caller;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Regions as clients see them.
public final class RegionRoutes {
  private final Regions regions;

  public RegionRoutes(Regions regions) {
    this.regions = regions;
  }

  public List<Route<Policy>> routes() {
    return List.of(
        new Route<>("GET", "/shared-regions", new Policy.Anyone(), this::shared),
        new Route<>("GET", "/regions", Policy.key(), this::visible),
        new Route<>("GET", "/regions/{id}", Policy.key(), this::one));
  }

  private void shared(Exchange exchange) {
    exchange.sendJson(regions.shared().stream().map(RegionRoutes::json).toList());
  }

  private void visible(Exchange exchange) {
    exchange.sendJson(
        regions.visibleTo(organization(exchange)).stream().map(RegionRoutes::json).toList());
  }

  private void one(Exchange exchange) {
    String id = exchange.pathParameter("id");
    exchange.sendJson(
        regions.visibleTo(organization(exchange)).stream()
            .filter(region -> region.id().equals(id))
            .findFirst()
            .map(RegionRoutes::json)
            .orElseThrow(() -> OperationFailure.notFound("there is no region with the id " + id)));
  }

  private static OrganizationId organization(Exchange exchange) {
    return Caller.keyHolder(exchange).organization();
  }

  private static Map<String, Object> json(Region region) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", region.id());
    body.put("name", region.name());
    region.organization().ifPresent(id -> body.put("organizationId", id.toString()));
    body.put("regionType", region.type());
    body.put("createdAt", WireTime.of(region.createdAt()));
    body.put("updatedAt", WireTime.of(region.updatedAt()));
    return body;
  }
}
