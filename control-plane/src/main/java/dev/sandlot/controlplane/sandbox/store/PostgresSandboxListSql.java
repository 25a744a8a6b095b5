package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.http.Json;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SandboxState;
import java.util.Set;
import org.jdbi.v3.core.statement.Query;

/// The statement behind a list. Pages go on from the last row's sort value and id, so a page costs
/// the same wherever it is, and rows that appear meanwhile shift nothing.
final class PostgresSandboxListSql {
  private static final String CONDITIONS =
      """
      FROM sandboxes
      WHERE organization_id = :organization AND state <> %s
        AND (:idPrefix = '' OR starts_with(CAST(id AS text), :idPrefix))
        AND (:namePrefix = '' OR starts_with(lower(name), lower(:namePrefix)))
        AND (:labels = '{}' OR labels @> CAST(:labels AS jsonb))
        AND (NOT :byState OR state = ANY(:states))
        AND (NOT :bySnapshot OR snapshot = ANY(:snapshots))
        AND (NOT :byRegion OR region_id = ANY(:regions))
        AND cpu BETWEEN :cpuLeast AND :cpuMost
        AND memory BETWEEN :memoryLeast AND :memoryMost
        AND disk BETWEEN :diskLeast AND :diskMost
        AND (CAST(:open AS boolean) IS NULL OR public = :open)
        AND (CAST(:recoverable AS boolean) IS NULL OR recoverable = :recoverable)
        AND (CAST(:createdFrom AS timestamptz) IS NULL OR created_at >= :createdFrom)
        AND (CAST(:createdTo AS timestamptz) IS NULL OR created_at <= :createdTo)
        AND (CAST(:activeFrom AS timestamptz) IS NULL OR last_activity_at >= :activeFrom)
        AND (CAST(:activeTo AS timestamptz) IS NULL OR last_activity_at <= :activeTo)
      """
          .formatted(Columns.literal(SandboxState.DESTROYED));

  private PostgresSandboxListSql() {}

  static String count(SandboxQuery query) {
    return "SELECT count(*) " + CONDITIONS;
  }

  /// Column, type and direction come from an enumeration, everything else is bound.
  static String select(SandboxQuery query) {
    String column = query.sort().column();
    String direction = query.ascending() ? "ASC" : "DESC";
    String after =
        query.after().isEmpty()
            ? ""
            : "AND (%s, id) %s (CAST(:afterValue AS %s), :afterId)\n"
                .formatted(column, query.ascending() ? ">" : "<", query.sort().columnType());
    return "SELECT * "
        + CONDITIONS
        + after
        + "ORDER BY %s %s, id %s OFFSET :offset LIMIT :limit"
            .formatted(column, direction, direction);
  }

  static Query bind(Query statement, OrganizationId organization, SandboxQuery query) {
    statement
        .bind("organization", organization.value())
        .bind("idPrefix", query.idPrefix().toLowerCase(java.util.Locale.ROOT))
        .bind("namePrefix", query.namePrefix())
        .bind("labels", Json.text(query.labels()))
        .bind("byState", query.states().isPresent())
        .bindArray(
            "states",
            String.class,
            query.states().orElse(Set.of()).stream().map(Enum::name).toList())
        .bind("bySnapshot", !query.snapshots().isEmpty())
        .bindArray("snapshots", String.class, query.snapshots())
        .bind("byRegion", !query.regions().isEmpty())
        .bindArray("regions", String.class, query.regions());
    bindBounds(statement, query);
    query
        .after()
        .ifPresent(cursor ->
            statement.bind("afterValue", cursor.value()).bind("afterId", cursor.id().value()));
    return statement.bind("offset", query.offset()).bind("limit", query.limit() + 1);
  }

  private static void bindBounds(Query statement, SandboxQuery query) {
    statement
        .bind("cpuLeast", query.least().cpu())
        .bind("cpuMost", query.most().cpu())
        .bind("memoryLeast", query.least().memory())
        .bind("memoryMost", query.most().memory())
        .bind("diskLeast", query.least().disk())
        .bind("diskMost", query.most().disk())
        .bind("open", query.open().orElse(null))
        .bind("recoverable", query.recoverable().orElse(null))
        .bind("createdFrom", query.created().from().map(Columns::time).orElse(null))
        .bind("createdTo", query.created().to().map(Columns::time).orElse(null))
        .bind("activeFrom", query.active().from().map(Columns::time).orElse(null))
        .bind("activeTo", query.active().to().map(Columns::time).orElse(null));
  }
}
