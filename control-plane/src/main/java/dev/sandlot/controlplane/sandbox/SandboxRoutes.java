package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.access.Caller;
import dev.sandlot.controlplane.access.Permission;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.RequestBody;
import dev.sandlot.controlplane.sandbox.store.Cursor;
import dev.sandlot.controlplane.sandbox.store.Intervals;
import dev.sandlot.controlplane.sandbox.store.NetworkSettings;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.controlplane.sandbox.store.SandboxQuery;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.SandboxId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Sandboxes over HTTP, for those who own them.
public final class SandboxRoutes {
  private final Sandboxes sandboxes;
  private final SandboxCreation creation;
  private final SandboxJson json;

  public SandboxRoutes(Sandboxes sandboxes, SandboxCreation creation, Addresses addresses) {
    this.sandboxes = sandboxes;
    this.creation = creation;
    this.json = new SandboxJson(addresses);
  }

  public List<Route<Policy>> routes() {
    String one = "/sandbox/{sandboxIdOrName}";
    return List.of(
        read("/sandbox", this::list),
        read("/sandbox/paginated", this::paginated),
        write("POST", "/sandbox", this::create),
        new Route<>("GET", one, new Policy.KeyOrProxy(), this::get),
        new Route<>("DELETE", one, Policy.key(Permission.DELETE_SANDBOXES), this::delete),
        write("POST", one + "/start", this::start),
        write("POST", one + "/stop", this::stop),
        write("POST", one + "/recover", this::recover),
        write("PUT", one + "/labels", this::labels),
        write("POST", one + "/public/{isPublic}", this::open),
        write("POST", one + "/autostop/{interval}", this::autoStop),
        write("POST", one + "/autoarchive/{interval}", this::autoArchive),
        write("POST", one + "/autodelete/{interval}", this::autoDelete),
        write("POST", one + "/network-settings", this::network),
        new Route<>(
            "POST", "/sandbox/{sandboxId}/last-activity", new Policy.KeyOrProxy(), this::activity));
  }

  private static Route<Policy> read(String pattern, Endpoint endpoint) {
    return new Route<>("GET", pattern, Policy.key(), endpoint);
  }

  private static Route<Policy> write(String method, String pattern, Endpoint endpoint) {
    return new Route<>(method, pattern, Policy.key(Permission.WRITE_SANDBOXES), endpoint);
  }

  private Sandbox named(Exchange exchange) {
    return sandboxes.get(organization(exchange), exchange.pathParameter("sandboxIdOrName"));
  }

  private static OrganizationId organization(Exchange exchange) {
    return Caller.keyHolder(exchange).organization();
  }

  /// What the caller's tracing sent along, for the job that carries the request out.
  private static Map<String, String> trace(Exchange exchange) {
    Map<String, String> trace = new HashMap<>();
    for (String header : List.of("traceparent", "tracestate")) {
      exchange
          .header(header)
          .filter(value -> value.length() <= 512)
          .ifPresent(value -> trace.put(header, value));
    }
    return trace;
  }

  private static Requester requester(Exchange exchange) {
    return new Requester(trace(exchange), exchange::clientGone);
  }

  private void create(Exchange exchange) throws InterruptedException {
    CreateRequest request = CreateRequest.read(RequestBody.of(exchange));
    Sandbox made = creation.create(organization(exchange), request, requester(exchange));
    exchange.sendJson(json.full(made));
  }

  private void list(Exchange exchange) {
    SandboxQuery query = SandboxQueryJson.read(exchange);
    List<Sandbox> found = sandboxes.list(organization(exchange), query);
    boolean more = found.size() > query.limit();
    List<Sandbox> page = more ? found.subList(0, query.limit()) : found;
    String next =
        more
            ? new Cursor(query.sort().valueOf(page.getLast()), page.getLast().id())
                .encode(query.sort(), query.ascending())
            : null;
    exchange.sendJson(new Listed(page.stream().map(json::item).toList(), next));
  }

  /// `nextCursor` is there in any case.
  private record Listed(List<Map<String, Object>> items, @Nullable String nextCursor) {}

  private void paginated(Exchange exchange) {
    SandboxQueryJson.Page page = SandboxQueryJson.readPage(exchange);
    OrganizationId organization = organization(exchange);
    int total = sandboxes.count(organization, page.query());
    List<Map<String, Object>> items =
        sandboxes.list(organization, page.query()).stream()
            .limit(page.size())
            .map(json::full)
            .toList();
    exchange.sendJson(
        Map.of(
            "items",
            items,
            "total",
            total,
            "page",
            page.number(),
            "totalPages",
            (total + page.size() - 1) / page.size()));
  }

  private void get(Exchange exchange) {
    String name = exchange.pathParameter("sandboxIdOrName");
    Optional<Caller> caller = exchange.attribute(Caller.class);
    Sandbox sandbox =
        caller.orElse(null) instanceof Caller.Proxy
            ? SandboxId.parse(name)
                .flatMap(sandboxes::find)
                .orElseThrow(() -> Refusal.unknown(name))
            : named(exchange);
    exchange.sendJson(json.full(sandbox));
  }

  private void delete(Exchange exchange) {
    boolean force = new QueryParameters(exchange).option("force");
    Sandbox sandbox = named(exchange);
    Sandbox after =
        force
            ? sandboxes.deleteByForce(sandbox, trace(exchange))
            : sandboxes.delete(sandbox, trace(exchange));
    exchange.sendJson(json.full(after));
  }

  private void start(Exchange exchange) throws InterruptedException {
    exchange.sendJson(json.full(sandboxes.start(named(exchange), requester(exchange))));
  }

  private void stop(Exchange exchange) throws InterruptedException {
    boolean force = new QueryParameters(exchange).option("force");
    exchange.sendJson(json.full(sandboxes.stop(named(exchange), force, requester(exchange))));
  }

  private void recover(Exchange exchange) throws InterruptedException {
    boolean skipStart = new QueryParameters(exchange).option("skipStart");
    exchange.sendJson(
        json.full(sandboxes.recover(named(exchange), skipStart, requester(exchange))));
  }

  private void labels(Exchange exchange) {
    Map<String, String> labels =
        CreateRequest.labels(RequestBody.of(exchange))
            .orElseThrow(() -> OperationFailure.badRequest("labels must be an object of strings"));
    Sandbox after = sandboxes.change(named(exchange), settings -> settings.withLabels(labels));
    exchange.sendJson(json.full(after));
  }

  private void open(Exchange exchange) {
    boolean open =
        switch (exchange.pathParameter("isPublic")) {
          case "true" -> true;
          case "false" -> false;
          default -> throw OperationFailure.badRequest("public must be true or false");
        };
    Sandbox after = sandboxes.change(named(exchange), settings -> settings.withOpen(open));
    exchange.status(201).sendJson(json.full(after));
  }

  private static int interval(Exchange exchange) {
    return QueryParameters.integer(
        "the interval", exchange.pathParameter("interval"), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private void autoStop(Exchange exchange) {
    int minutes = interval(exchange);
    changeIntervals(exchange, intervals -> intervals.withAutoStop(minutes));
  }

  private void autoArchive(Exchange exchange) {
    int minutes = interval(exchange);
    changeIntervals(exchange, intervals -> intervals.withAutoArchive(minutes));
  }

  private void autoDelete(Exchange exchange) {
    int minutes = interval(exchange);
    changeIntervals(exchange, intervals -> intervals.withAutoDelete(minutes));
  }

  private void changeIntervals(Exchange exchange, UnaryOperator<Intervals> change) {
    Sandbox after =
        sandboxes.change(
            named(exchange),
            settings -> settings.withIntervals(change.apply(settings.intervals())));
    exchange.status(201).sendJson(json.full(after));
  }

  private void network(Exchange exchange) throws InterruptedException {
    NetworkChange change = NetworkChange.read(RequestBody.of(exchange));
    Sandbox sandbox = named(exchange);
    NetworkSettings network =
        sandbox.settings().network().changed(change.blockAll(), change.allowList());
    exchange.sendJson(json.full(sandboxes.changeNetwork(sandbox, network, requester(exchange))));
  }

  private void activity(Exchange exchange) {
    String id = exchange.pathParameter("sandboxId");
    Optional<Caller> caller = exchange.attribute(Caller.class);
    Optional<Sandbox> sandbox =
        SandboxId.parse(id)
            .flatMap(sandboxes::find)
            .filter(found ->
                caller.orElse(null) instanceof Caller.Proxy
                    || found.organization().equals(organization(exchange)));
    sandboxes.recordActivity(sandbox.orElseThrow(() -> Refusal.unknown(id)).id());
    exchange.status(201).send();
  }
}
