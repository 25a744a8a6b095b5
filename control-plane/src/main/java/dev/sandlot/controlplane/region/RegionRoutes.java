package dev.sandlot.controlplane.region;

import static dev.sandlot.controlplane.operation.OperationRow.get;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Operation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Regions as clients see them.
public final class RegionRoutes {
  private final Regions regions;

  public RegionRoutes(Regions regions) {
    this.regions = regions;
  }

  public List<Operation<Rules>> operations() {
    return List.of(
        get("listSharedRegions", "/shared-regions")
            .by(Access.anyone())
            .does(_ -> all(regions.shared())),
        get("listAvailableRegions", "/regions").by(Access.key()).does(this::visible),
        get("getRegionById", "/regions/{id}")
            .by(Access.key())
            .on(new RegionKind(regions).at("id"), (_, found) -> Answer.json(json(found))));
  }

  private Answer visible(Call call) {
    return all(regions.visibleTo(call.organization()));
  }

  private static Answer all(List<Region> found) {
    return Answer.json(found.stream().map(RegionRoutes::json).toList());
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
