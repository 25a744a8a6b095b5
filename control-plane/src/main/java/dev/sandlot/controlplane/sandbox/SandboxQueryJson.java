package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.RequestBody;
import dev.sandlot.controlplane.sandbox.store.Cursor;
import dev.sandlot.controlplane.sandbox.store.SandboxQuery;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxState;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads what a client wants of a list (docs/contract/sandboxes.md#listing), and of its older form
/// with numbered pages.
final class SandboxQueryJson {
  private static final int RESOURCE_MAX = 1_000_000;
  private static final int PAGE_MAX = 100_000;
  private static final List<String> CLASSES =
      List.of("linux-vm", "container", "android", "windows");

  private final QueryParameters query;

  private SandboxQueryJson(QueryParameters query) {
    this.query = query;
  }

  static SandboxQuery read(QueryParameters query) {
    return new SandboxQueryJson(query).cursored();
  }

  /// A page by its number.
  record Page(SandboxQuery query, int number, int size) {}

  static Page readPage(QueryParameters query) {
    SandboxQueryJson reader = new SandboxQueryJson(query);
    int number = reader.query.integer("page", 1, PAGE_MAX).orElse(1);
    int size = reader.limit();
    SandboxQuery.Sort sort = reader.sort(SandboxQuery.Sort.CREATED);
    return new Page(
        reader.query("regions", sort, Optional.empty(), (number - 1) * size, size), number, size);
  }

  private SandboxQuery cursored() {
    SandboxQuery.Sort sort = sort(SandboxQuery.Sort.LAST_ACTIVITY);
    Optional<Cursor> after =
        query.text("cursor").map(text -> Cursor.decode(text, sort, ascending()));
    return query("regionIds", sort, after, 0, limit());
  }

  private SandboxQuery query(
      String regionsName, SandboxQuery.Sort sort, Optional<Cursor> after, int offset, int limit) {
    return new SandboxQuery(
        query.text("id").orElse(""),
        query.text("name").orElse(""),
        labels(),
        states(),
        query.texts("snapshots"),
        query.texts(regionsName),
        resources("min", 0),
        resources("max", Integer.MAX_VALUE),
        query.bool("isPublic"),
        query.bool("isRecoverable"),
        between("createdAtAfter", "createdAtBefore"),
        between("lastEventAfter", "lastEventBefore"),
        sort,
        ascending(),
        after,
        offset,
        limit);
  }

  private int limit() {
    return query
        .integer("limit", 1, RequestLimits.PAGE_SIZE_MAX)
        .orElse(RequestLimits.PAGE_SIZE_DEFAULT);
  }

  private SandboxQuery.Sort sort(SandboxQuery.Sort otherwise) {
    return query
        .text("sort")
        .map(text ->
            Arrays.stream(SandboxQuery.Sort.values())
                .filter(sort -> sort.wire().equals(text) || older(sort).equals(text))
                .findFirst()
                .orElseThrow(() ->
                    OperationFailure.badRequest(
                        "sort must be one of "
                            + Arrays.stream(SandboxQuery.Sort.values())
                                .map(SandboxQuery.Sort::wire)
                                .toList())))
        .orElse(otherwise);
  }

  /// The older list called these by their resource alone.
  private static String older(SandboxQuery.Sort sort) {
    return switch (sort) {
      case MEMORY -> "memory";
      case DISK -> "disk";
      default -> sort.wire();
    };
  }

  private boolean ascending() {
    return query
        .text("order")
        .map(order ->
            switch (order) {
              case "asc" -> true;
              case "desc" -> false;
              default -> throw OperationFailure.badRequest("order must be asc or desc");
            })
        .orElse(false);
  }

  private Map<String, String> labels() {
    return query
        .text("labels")
        .flatMap(text -> CreateRequest.labels(RequestBody.holding("labels", text)))
        .orElse(Map.of());
  }

  private Optional<Set<SandboxState>> states() {
    List<String> wanted = query.texts("states");
    Set<SandboxState> states = EnumSet.noneOf(SandboxState.class);
    for (String wire : wanted) {
      Optional<SandboxState> state =
          SandboxState.parse(wire).filter(known -> known != SandboxState.DESTROYED);
      state.ifPresent(states::add);
      if (state.isEmpty() && !SandboxState.isOfContract(wire)) {
        throw OperationFailure.badRequest(
            "states must be states of a sandbox such as started or stopped, not " + wire);
      }
    }
    List<String> classes = query.texts("sandboxClasses");
    if (!CLASSES.containsAll(classes)) {
      throw OperationFailure.badRequest("sandboxClasses must be among " + CLASSES);
    }
    if (!classes.isEmpty() && !classes.contains("container")) {
      return Optional.of(Set.of());
    }
    return wanted.isEmpty() ? Optional.empty() : Optional.of(states);
  }

  private SandboxQuery.Resources resources(String which, int otherwise) {
    return new SandboxQuery.Resources(
        query.integer(which + "Cpu", 1, RESOURCE_MAX).orElse(otherwise),
        query.integer(which + "MemoryGiB", 1, RESOURCE_MAX).orElse(otherwise),
        query.integer(which + "DiskGiB", 1, RESOURCE_MAX).orElse(otherwise));
  }

  private SandboxQuery.Between between(String after, String before) {
    return new SandboxQuery.Between(query.time(after), query.time(before));
  }
}
