package dev.sandlot.controlplane.sandbox;

import static dev.sandlot.controlplane.operation.OperationRow.delete;
import static dev.sandlot.controlplane.operation.OperationRow.get;
import static dev.sandlot.controlplane.operation.OperationRow.post;
import static dev.sandlot.controlplane.operation.OperationRow.put;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.operation.RateClass;
import dev.sandlot.controlplane.operation.Resource;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.sandbox.store.Cursor;
import dev.sandlot.controlplane.sandbox.store.Intervals;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.controlplane.sandbox.store.SandboxQuery;
import dev.sandlot.http.Operation;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OperationFailure;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Sandboxes over HTTP, for those who own them.
public final class SandboxRoutes {
  private static final String TARGET = "sandbox";
  private static final String ONE = "/sandbox/{sandboxIdOrName}";
  private static final Access WRITE = Access.key(Permission.WRITE_SANDBOXES);

  private final Sandboxes sandboxes;
  private final Resource<Sandbox> named;
  private final SandboxCreation creation;
  private final SandboxJson json;

  public SandboxRoutes(Sandboxes sandboxes, SandboxCreation creation, Addresses addresses) {
    this.sandboxes = sandboxes;
    this.named = SandboxKind.byIdOrName(sandboxes).at("sandboxIdOrName");
    this.creation = creation;
    this.json = new SandboxJson(addresses);
  }

  public List<Operation<Rules>> operations() {
    return Stream.of(whole(), lifecycle(), settings()).flatMap(List::stream).toList();
  }

  private List<Operation<Rules>> whole() {
    Access readOrProxy = Access.only(CallerKind.USER_KEY, CallerKind.PROXY);
    return List.of(
        get("listSandboxes", "/sandbox").by(Access.key()).does(this::list),
        get("listSandboxesPaginated_deprecated", "/sandbox/paginated")
            .by(Access.key())
            .does(this::paginated),
        post("createSandbox", "/sandbox")
            .by(WRITE)
            .audited("create", TARGET)
            .counted(RateClass.SANDBOX_CREATE)
            .does(this::create),
        get("getSandbox", ONE).by(readOrProxy).on(named, this::show),
        delete("deleteSandbox", ONE)
            .by(Access.key(Permission.DELETE_SANDBOXES))
            .audited("delete", TARGET)
            .counted(RateClass.SANDBOX_LIFECYCLE)
            .on(named, this::remove),
        post("updateLastActivity", "/sandbox/{sandboxId}/last-activity")
            .by(readOrProxy)
            .answers(201)
            .on(SandboxKind.byId(sandboxes).at("sandboxId"), this::activity));
  }

  private List<Operation<Rules>> lifecycle() {
    return List.of(
        post("startSandbox", ONE + "/start")
            .by(WRITE)
            .audited("start", TARGET)
            .counted(RateClass.SANDBOX_LIFECYCLE)
            .on(named, this::start),
        post("stopSandbox", ONE + "/stop")
            .by(WRITE)
            .audited("stop", TARGET)
            .counted(RateClass.SANDBOX_LIFECYCLE)
            .on(named, this::stop),
        post("recoverSandbox", ONE + "/recover")
            .by(WRITE)
            .audited("recover", TARGET)
            .counted(RateClass.SANDBOX_LIFECYCLE)
            .on(named, this::recover));
  }

  private List<Operation<Rules>> settings() {
    return List.of(
        put("replaceLabels", ONE + "/labels")
            .by(WRITE)
            .audited("replace_labels", TARGET)
            .on(named, this::labels),
        post("updatePublicStatus", ONE + "/public/{isPublic}")
            .by(WRITE)
            .audited("update_public_status", TARGET)
            .answers(201)
            .on(named, this::open),
        post("setAutostopInterval", ONE + "/autostop/{interval}")
            .by(WRITE)
            .audited("set_auto_stop_interval", TARGET)
            .answers(201)
            .on(named, this::autoStop),
        post("setAutoArchiveInterval", ONE + "/autoarchive/{interval}")
            .by(WRITE)
            .audited("set_auto_archive_interval", TARGET)
            .answers(201)
            .on(named, this::autoArchive),
        post("setAutoDeleteInterval", ONE + "/autodelete/{interval}")
            .by(WRITE)
            .audited("set_auto_delete_interval", TARGET)
            .answers(201)
            .on(named, this::autoDelete),
        post("updateNetworkSettings", ONE + "/network-settings")
            .by(WRITE)
            .audited("update_network_settings", TARGET)
            .on(named, this::network));
  }

  private static Requester requester(Call call) {
    return new Requester(call.exchange()::clientGone);
  }

  private Answer full(Sandbox sandbox) {
    return Answer.json(json.full(sandbox));
  }

  private Answer create(Call call) throws InterruptedException {
    CreateRequest request = CreateRequest.read(call.body());
    return full(creation.create(call.organization(), request, requester(call)));
  }

  private Answer list(Call call) {
    SandboxQuery query = SandboxQueryJson.read(call.query());
    List<Sandbox> found = sandboxes.list(call.organization(), query);
    boolean more = found.size() > query.limit();
    List<Sandbox> page = more ? found.subList(0, query.limit()) : found;
    String next =
        more
            ? new Cursor(query.sort().valueOf(page.getLast()), page.getLast().id())
                .encode(query.sort(), query.ascending())
            : null;
    return Answer.json(new Listed(page.stream().map(json::item).toList(), next));
  }

  /// `nextCursor` is there in any case.
  private record Listed(List<Map<String, Object>> items, @Nullable String nextCursor) {}

  private Answer paginated(Call call) {
    SandboxQueryJson.Page page = SandboxQueryJson.readPage(call.query());
    int total = sandboxes.count(call.organization(), page.query());
    List<Map<String, Object>> items =
        sandboxes.list(call.organization(), page.query()).stream()
            .limit(page.size())
            .map(json::full)
            .toList();
    return Answer.json(
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

  private Answer show(Call call, Sandbox sandbox) {
    return full(sandbox);
  }

  private Answer remove(Call call, Sandbox sandbox) {
    return full(
        call.query().option("force")
            ? sandboxes.deleteByForce(sandbox)
            : sandboxes.delete(sandbox));
  }

  private Answer start(Call call, Sandbox sandbox) throws InterruptedException {
    return full(sandboxes.start(sandbox, requester(call)));
  }

  private Answer stop(Call call, Sandbox sandbox) throws InterruptedException {
    return full(sandboxes.stop(sandbox, call.query().option("force"), requester(call)));
  }

  private Answer recover(Call call, Sandbox sandbox) throws InterruptedException {
    return full(sandboxes.recover(sandbox, call.query().option("skipStart"), requester(call)));
  }

  private Answer labels(Call call, Sandbox sandbox) {
    Map<String, String> labels =
        CreateRequest.labels(call.body())
            .orElseThrow(() -> OperationFailure.badRequest("labels must be an object of strings"));
    return full(sandboxes.change(sandbox, settings -> settings.withLabels(labels)));
  }

  private Answer open(Call call, Sandbox sandbox) {
    boolean open =
        switch (call.parameter("isPublic")) {
          case "true" -> true;
          case "false" -> false;
          default -> throw OperationFailure.badRequest("public must be true or false");
        };
    return full(sandboxes.change(sandbox, settings -> settings.withOpen(open)));
  }

  private static int interval(Call call) {
    return QueryParameters.integer(
        "the interval", call.parameter("interval"), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private Answer autoStop(Call call, Sandbox sandbox) {
    int minutes = interval(call);
    return changeIntervals(sandbox, intervals -> intervals.withAutoStop(minutes));
  }

  private Answer autoArchive(Call call, Sandbox sandbox) {
    int minutes = interval(call);
    return changeIntervals(sandbox, intervals -> intervals.withAutoArchive(minutes));
  }

  private Answer autoDelete(Call call, Sandbox sandbox) {
    int minutes = interval(call);
    return changeIntervals(sandbox, intervals -> intervals.withAutoDelete(minutes));
  }

  private Answer changeIntervals(Sandbox sandbox, UnaryOperator<Intervals> change) {
    return full(
        sandboxes.change(
            sandbox, settings -> settings.withIntervals(change.apply(settings.intervals()))));
  }

  private Answer network(Call call, Sandbox sandbox) throws InterruptedException {
    NetworkChange change = NetworkChange.read(call.body());
    NetworkPolicy network = change.policy(sandbox.settings().network());
    return full(sandboxes.changeNetwork(sandbox, network, requester(call)));
  }

  private Answer activity(Call call, Sandbox sandbox) {
    sandboxes.recordActivity(sandbox.id());
    return Answer.nothing();
  }
}
