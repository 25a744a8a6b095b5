package dev.sandlot.proxy;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.FailureBody;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.Upgrades;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.proxy.access.Authorizer;
import dev.sandlot.proxy.access.CachedDirectory;
import dev.sandlot.proxy.access.Credentials;
import dev.sandlot.proxy.access.Destination;
import dev.sandlot.proxy.access.Grant;
import dev.sandlot.proxy.access.HostNames;
import dev.sandlot.proxy.access.OpenPassages;
import dev.sandlot.proxy.access.Port;
import dev.sandlot.proxy.access.PreviewCookie;
import dev.sandlot.proxy.access.ProxyConfig;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.RequestHead;
import dev.sandlot.proxy.access.SandboxDirectory;
import dev.sandlot.proxy.forward.CrossOrigin;
import dev.sandlot.proxy.forward.HeaderRules;
import dev.sandlot.proxy.forward.ProxyFailures;
import dev.sandlot.proxy.preview.ActivityPings;
import dev.sandlot.proxy.preview.Dialer;
import dev.sandlot.proxy.preview.PreviewForwarder;
import dev.sandlot.proxy.preview.PreviewTunnel;
import dev.sandlot.proxy.runner.Gateways;
import dev.sandlot.runtime.ToolboxGateway;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

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
  private final OpenPassages passages;
  private final Clock clock = Clock.systemUTC();
  private final Dialer dialer;
  private final PreviewForwarder previews;
  private final FailedAttempts attempts;

  /// @param runners those that sandboxes are on
  /// @param attempts who is kept out for failing to authenticate; shared with the API
  public Proxy(
      ProxyConfig config,
      SandboxDirectory directory,
      Gateways.Runners runners,
      FailedAttempts attempts) {
    this.attempts = attempts;
    limits = config.limits();
    secure = config.secure();
    hosts = new HostNames(config);
    this.directory = new CachedDirectory(directory, limits, Ticker.systemTicker());
    gateway = new Gateways(this.directory, runners, limits);
    authorizer = new Authorizer(this.directory, new PreviewCookie(config, clock), clock);
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("proxy-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    passages = new OpenPassages(this.directory::changes, limits.strangersMax());
    // After the directory's own listener, which forgets.
    this.directory.onChange(passages::look);
    long every = limits.lookEvery().toMillis();
    var _ =
        timer.scheduleAtFixedRate(
            () -> passages.look(Optional.empty()), every, every, TimeUnit.MILLISECONDS);
    pings = new ActivityPings(this.directory, timer, limits.activityEvery());
    dialer = new Dialer(gateway, timer, limits.strangerQuietMax());
    previews = new PreviewForwarder(dialer, config);
  }

  /// The shape of failures, the toolbox's included.
  public FailureBody failures() {
    return new ProxyFailures();
  }

  @Override
  public void serve(Exchange exchange) throws Exception {
    RequestHead head = RequestHead.of(exchange);
    Destination destination = hosts.read(head);
    if (!answersItself(destination) && CrossOrigin.answeredPreflight(exchange)) {
      return;
    }
    CrossOrigin.allow(exchange, head);
    if (destination instanceof Destination.ProxyItself && head.rawPath().equals("/health")) {
      exchange.sendJson(Map.of("status", "ok"));
      return;
    }
    long before = passages.changes();
    Instant begun = clock.instant();
    Passage passage = admitted(head, destination, begun);
    try (OpenPassages.Open _ =
            passages.enter(
                passage.grant(), before, () -> passage(head, destination, begun), exchange::cut);
        ActivityPings.Use _ = pings.begin(head, passage.grant().id())) {
      exchange.admit(!passage.grant().anonymous());
      if (passage.grant().port().equals(Port.TOOLBOX)) {
        serveToolbox(exchange, passage);
      } else {
        previews.forward(exchange, passage.head(), passage.grant());
      }
    }
  }

  /// Whether everything that is asked there is the application's, preflights too: a public port,
  /// where nothing has to be let in first.
  private boolean answersItself(Destination destination) {
    return destination instanceof Destination.ById to
        && !to.port().alwaysAuthenticated()
        && directory.find(to.id()).filter(SandboxDirectory.Target::isPublic).isPresent();
  }

  /// An upgrade that is refused is left to {@link #serve}, which answers with the reason.
  @Override
  public Optional<Tunnel> open(UpgradeRequest request) {
    RequestHead head = RequestHead.of(request);
    if (!head.method().equals("GET")) {
      return Optional.empty();
    }
    try {
      Destination destination = hosts.read(head);
      long before = passages.changes();
      Instant begun = clock.instant();
      Passage passage = admitted(head, destination, begun);
      Optional<Tunnel> tunnel =
          passage.grant().port().equals(Port.TOOLBOX)
              ? openToolbox(head, passage)
              : Optional.of(openPreview(head, passage));
      return tunnel.map(taken ->
          watched(taken, passage.grant(), before, () -> passage(head, destination, begun)));
    } catch (OperationFailure _) {
      return Optional.empty();
    }
  }

  private Tunnel openPreview(RequestHead head, Passage passage) {
    Grant grant = passage.grant();
    return new PreviewTunnel(
        passage.head(),
        grant,
        HeaderRules.toSandbox(passage.head(), grant, secure || head.secure()),
        dialer.dial(grant, limits.tunnelQuietMax()),
        limits,
        pings);
  }

  /// A tunnel that ends when its client would not be let in any more.
  private Tunnel watched(
      Tunnel tunnel, Grant grant, long before, OpenPassages.Admission admission) {
    return (in, out) -> {
      try (OpenPassages.Open _ = passages.enter(grant, before, admission, () -> end(out))) {
        tunnel.run(in, out);
      } catch (OperationFailure _) {
        // Refused meanwhile. The tunnel has taken something already, and gives it back at its end.
        out.close();
        tunnel.run(in, out);
      }
    };
  }

  private static void end(OutputStream out) {
    try {
      out.close();
    } catch (IOException _) {
      // It has ended.
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
    } catch (OperationFailure failure) {
      refusal = HttpFailure.of(failure);
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

  /// Whoever may see a port without being asked for anything is never kept out of it.
  private Passage admitted(RequestHead head, Destination destination, Instant begun) {
    if (answersItself(destination)) {
      return passage(head, destination, begun);
    }
    return attempts.checked(
        head.remoteAddress(),
        Credentials.offered(head, destination),
        () -> passage(head, destination, begun));
  }

  /// Checks a request and finds where it goes.
  private Passage passage(RequestHead head, Destination destination, Instant begun) {
    String query = Credentials.withoutToken(head.rawQuery());
    return switch (destination) {
      case Destination.ProxyItself() -> byPath(head, query, begun);
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

  private Passage byPath(RequestHead head, String query, Instant begun) {
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
    return within(head, authorizer.toolbox(head, sandbox, rest, begun), rest, query);
  }

  /// A port by the toolbox's path, `/proxy/<port>/…`.
  private static Passage byPort(RequestHead head, Grant grant, String rest, String query) {
    int end = rest.indexOf('/');
    Port port =
        Port.parse(end < 0 ? rest : rest.substring(0, end))
            .orElseThrow(() -> HttpFailure.badRequest("port must be a number from 1 to 65535"));
    String path = end < 0 ? "/" : rest.substring(end);
    return new Passage(grant.at(port), head.withTarget(path, query));
  }

  /// Leave to pass.
  ///
  /// @param head the request for the other side; its path is the toolbox's or the server's own
  private record Passage(Grant grant, RequestHead head) {}
}
