package dev.sandlot.controlplane.snapshot;

import static dev.sandlot.controlplane.operation.OperationRow.get;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Operation;
import dev.sandlot.model.OperationFailure;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Snapshots as clients see them. Making them is not built yet.
public final class SnapshotRoutes {
  private static final int PAGE_MAX = 100_000;
  private static final int LIMIT_MAX = 200;
  private static final int LIMIT_DEFAULT = 100;

  private final Snapshots snapshots;

  public SnapshotRoutes(Snapshots snapshots) {
    this.snapshots = snapshots;
  }

  public List<Operation<Rules>> operations() {
    return List.of(
        get("getAllSnapshots", "/snapshots").by(Access.key()).does(this::list),
        get("getSnapshot", "/snapshots/{id}")
            .by(Access.key())
            .on(new SnapshotKind(snapshots).at("id"), (_, found) -> Answer.json(json(found))));
  }

  private Answer list(Call call) {
    QueryParameters query = call.query();
    int page = query.integer("page", 1, PAGE_MAX).orElse(1);
    int limit = query.integer("limit", 1, LIMIT_MAX).orElse(LIMIT_DEFAULT);
    String part = query.text("name").orElse("").toLowerCase(Locale.ROOT);
    List<Snapshot> found =
        snapshots.visibleTo(call.organization()).stream()
            .filter(one -> one.name().toLowerCase(Locale.ROOT).contains(part))
            .sorted(order(query))
            .toList();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "items",
        found.stream()
            .skip((long) (page - 1) * limit)
            .limit(limit)
            .map(SnapshotRoutes::json)
            .toList());
    body.put("total", found.size());
    body.put("page", page);
    body.put("totalPages", (found.size() + limit - 1) / limit);
    return Answer.json(body);
  }

  /// Own ones stay before general ones: the sort is stable and compares that first.
  private static Comparator<Snapshot> order(QueryParameters query) {
    Comparator<Snapshot> wanted =
        switch (query.text("sort").orElse("lastUsedAt")) {
          case "name" -> Comparator.comparing(Snapshot::name);
          case "state" -> Comparator.comparing(snapshot -> snapshot.state().wire());
          case "createdAt" -> Comparator.comparing(Snapshot::createdAt);
          case "lastUsedAt" ->
              Comparator.comparing(snapshot -> snapshot.lastUsedAt().orElse(snapshot.createdAt()));
          default ->
              throw OperationFailure.badRequest(
                  "sort must be one of name, state, lastUsedAt, createdAt");
        };
    boolean ascending =
        switch (query.text("order").orElse("desc")) {
          case "asc" -> true;
          case "desc" -> false;
          default -> throw OperationFailure.badRequest("order must be asc or desc");
        };
    return Comparator.comparing((Snapshot snapshot) -> snapshot.organization().isEmpty())
        .thenComparing(ascending ? wanted : wanted.reversed());
  }

  private static Map<String, @Nullable Object> json(Snapshot snapshot) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("id", snapshot.id().toString());
    snapshot.organization().ifPresent(id -> body.put("organizationId", id.toString()));
    body.put("general", snapshot.organization().isEmpty());
    body.put("name", snapshot.name());
    body.put("state", snapshot.state().wire());
    body.put("size", null);
    body.put("entrypoint", null);
    body.put("cpu", snapshot.cpu());
    body.put("gpu", 0);
    body.put("mem", snapshot.memory());
    body.put("disk", snapshot.disk());
    body.put("errorReason", null);
    body.put("createdAt", WireTime.of(snapshot.createdAt()));
    body.put("updatedAt", WireTime.of(snapshot.updatedAt()));
    Optional<String> used = snapshot.lastUsedAt().map(WireTime::of);
    body.put("lastUsedAt", used.orElse(null));
    snapshot.ref().ifPresent(ref -> body.put("ref", ref));
    body.put("sandboxClass", "container");
    body.put("sourceSandboxId", null);
    return body;
  }
}
