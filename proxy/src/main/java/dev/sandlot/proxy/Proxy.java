package dev.sandlot.proxy;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.FailureBody;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.Upgrades;
import dev.sandlot.model.SandboxId;
import dev.sandlot.runtime.ToolboxGateway;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/// The way to sandboxes from outside: leads a request by its host and path, checks who asks, and
/// hands it to the toolbox or to a server inside. Thread-safe.
///
/// Give it to an HTTP server as its dispatcher, its upgrades and its {@link #failures}.
public final class Proxy implements Endpoint, Upgrades, AutoCloseable {
  private static final String TOOLBOX = "/toolbox/";
  private static final String PORTS = "/proxy/";

  private final ToolboxGateway gateway;
  private final ProxyLimits limits;
  private final boolean secure;
  private final HostNames hosts;
  private final CachedDirectory directory;
  private final Authorizer authorizer;
  private final ScheduledThreadPoolExecutor timer;
  private final ActivityPings pings;
  private final Dialer dialer;
  private final PreviewForwarder previews;

  public Proxy(ProxyConfig config, SandboxDirectory directory, ToolboxGateway gateway) {
    this.gateway = gateway;
    limits = config.limits();
    secure = config.secure();
    hosts = new HostNames(config);
    this.directory = new CachedDirectory(directory, limits, Ticker.systemTicker());
    Clock clock = Clock.systemUTC();
    authorizer = new Authorizer(this.directory, new PreviewCookie(config, clock), clock);
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("proxy-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    pings = new ActivityPings(this.directory, timer, limits.activityEvery());
    dialer = new Dialer(gateway, timer);
    previews = new PreviewForwarder(dialer, config);
  }

  /// The shape of failures, the toolbox's included.
  public FailureBody failures() {
    return new ProxyFailures();
  }

  /// Forgets what it remembers of a sandbox. Call it when one was started, stopped, deleted, or
  /// made public or private; without, the change holds after {@link ProxyLimits#accessRemembered}.
  public void invalidate(SandboxId id) {
    directory.forget(id);
  }

  /// Forgets who may what. Call it when a key or a signed token was revoked.
  public void invalidateAccess() {
    directory.forgetAccess();
  }

  @Override
  public void serve(Exchange exchange) throws Exception {
    RequestHead head = RequestHead.of(exchange);
    Destination destination = hosts.read(head);
    if (CrossOrigin.answeredPreflight(exchange)) {
      return;
    }
    CrossOrigin.allow(exchange, head);
    if (destination instanceof Destination.ProxyItself && head.rawPath().equals("/health")) {
      exchange.sendJson(Map.of("status", "ok"));
      return;
    }
    Passage passage = passage(head, destination);
    try (ActivityPings.Use _ = pings.begin(head, passage.grant().id())) {
      if (passage.grant().port().equals(Port.TOOLBOX)) {
        serveToolbox(exchange, passage);
      } else {
        previews.forward(exchange, passage.head(), passage.grant());
      }
    }
  }

  /// An upgrade that is refused is left to {@link #serve}, which answers with the reason.
  @Override
  public Optional<Tunnel> open(UpgradeRequest request) {
    RequestHead head = RequestHead.of(request);
    if (!head.method().equals("GET")) {
      return Optional.empty();
    }
    try {
      Passage passage = passage(head, hosts.read(head));
      Grant grant = passage.grant();
      if (grant.port().equals(Port.TOOLBOX)) {
        return openToolbox(head, passage);
      }
      return Optional.of(
          new PreviewTunnel(
              passage.head(),
              grant,
              HeaderRules.toSandbox(passage.head(), grant, secure || head.secure()),
              dialer.dial(grant, limits.tunnelQuietMax()),
              limits,
              pings));
    } catch (HttpFailure _) {
      return Optional.empty();
    }
  }

  /// The toolbox refuses by itself: what it has found may be different when it is asked again.
  private Optional<Tunnel> openToolbox(RequestHead asked, Passage passage) {
    RequestHead head = passage.head();
    SandboxId id = passage.grant().id();
    UpgradeRequest inner =
        new UpgradeRequest(
            head.method(),
            head.target(),
            HeaderRules.toToolbox(head, passage.grant()),
            head.remoteAddress(),
            head.secure());
    HttpFailure refusal;
    try {
      return gateway
          .upgrade(id, head.rawPath(), inner)
          .map(tunnel ->
              (in, out) -> {
                try (ActivityPings.Use _ = pings.begin(head, id)) {
                  tunnel.run(in, out);
                }
              });
    } catch (HttpFailure failure) {
      refusal = failure;
    } catch (Exception e) {
      refusal = ProxyFailures.unexpected(asked, e);
    }
    return Optional.of(
        Tunnel.refusing(
            refusal,
            ProxyFailures.body(asked.method(), asked.rawPath(), refusal, ProxyFailures.TOOLBOX)));
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private void serveToolbox(Exchange exchange, Passage passage) throws Exception {
    exchange.attribute(ProxyFailures.AtToolbox.class, ProxyFailures.AtToolbox.YES);
    gateway.serve(
        passage.grant().id(),
        passage.head().rawPath(),
        new ToolboxExchange(
            exchange,
            HeaderRules.toToolbox(passage.head(), passage.grant()),
            passage.grant().file()));
  }

  /// Checks a request and finds where it goes.
  private Passage passage(RequestHead head, Destination destination) {
    String query = Credentials.withoutToken(head.rawQuery());
    return switch (destination) {
      case Destination.ProxyItself() -> byPath(head, query);
      case Destination.ById to -> within(head, authorizer.preview(head, to), head.rawPath(), query);
      case Destination.ByToken to ->
          within(head, authorizer.preview(head, to), head.rawPath(), query);
    };
  }

  /// Follows the path on from where the grant leads: the toolbox has other ports below it.
  private static Passage within(RequestHead head, Grant grant, String path, String query) {
    return grant.port().equals(Port.TOOLBOX) && path.startsWith(PORTS)
        ? byPort(head, grant, path.substring(PORTS.length()), query)
        : new Passage(grant, head.withTarget(path, query));
  }

  private Passage byPath(RequestHead head, String query) {
    String path = head.rawPath();
    if (!path.startsWith(TOOLBOX)) {
      throw HttpFailure.notFound(
          "there is nothing here; toolbox calls are at /toolbox/<sandbox id>/");
    }
    int end = path.indexOf('/', TOOLBOX.length());
    String id = path.substring(TOOLBOX.length(), end < 0 ? path.length() : end);
    String rest = end < 0 ? "/" : path.substring(end);
    SandboxId sandbox =
        SandboxId.parse(id)
            .orElseThrow(() -> HttpFailure.notFound("the path must name a sandbox by its id"));
    return within(head, authorizer.toolbox(head, sandbox, rest), rest, query);
  }

  /// A port by the toolbox's path, `/proxy/<port>/…`.
  private static Passage byPort(RequestHead head, Grant grant, String rest, String query) {
    int end = rest.indexOf('/');
    Port port =
        Port.parse(end < 0 ? rest : rest.substring(0, end))
            .orElseThrow(() -> HttpFailure.badRequest("port must be a number from 1 to 65535"));
    String path = end < 0 ? "/" : rest.substring(end);
    Grant toPort = new Grant(grant.id(), port, grant.authorizationUsed(), grant.cookie());
    return new Passage(toPort, head.withTarget(path, query));
  }

  /// Leave to pass.
  ///
  /// @param head the request for the other side; its path is the toolbox's or the server's own
  private record Passage(Grant grant, RequestHead head) {}
}
