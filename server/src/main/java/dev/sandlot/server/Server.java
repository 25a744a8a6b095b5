package dev.sandlot.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.controlplane.ControlPlane;
import dev.sandlot.controlplane.ControlPlaneConfig;
import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.controlplane.snapshot.DefaultSnapshot;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tracing;
import dev.sandlot.http.Upgrades;
import dev.sandlot.http.server.ConnectionLimits;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.launcher.LauncherDatabase;
import dev.sandlot.launcher.LauncherImages;
import dev.sandlot.proxy.Proxy;
import dev.sandlot.proxy.ProxyConfig;
import dev.sandlot.proxy.ProxyLimits;
import dev.sandlot.runner.Runner;
import dev.sandlot.runner.RunnerConfig;
import dev.sandlot.runner.dns.DnsConfig;
import dev.sandlot.runtime.RuntimeFailure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running all-in-one server: control plane, runner and proxy, in the order in which they start.
final class Server implements AutoCloseable {
  static final String VERSION = "0.1.0";

  private static final Logger LOGGER = LoggerFactory.getLogger(Server.class);
  private static final int DNS_PORT = 53;

  private final ServerConfig config;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  /// Whether all parts serve. The API does before the proxy listens, because the runner needs it.
  private volatile boolean whole;

  private Server(ServerConfig config) {
    this.config = config;
  }

  /// Starts everything.
  ///
  /// @throws Exception when a part does not start, with a message for the operator; what had
  ///   started is stopped
  static Server start(ServerConfig config) throws Exception {
    Server server = new Server(config);
    try {
      server.startParts();
      return server;
    } catch (Exception e) {
      server.close();
      throw e;
    }
  }

  private void startParts() throws Exception {
    Secrets secrets = new Secrets(config.home().resolve("secrets"));
    Metrics metrics = new Metrics(secrets.named("metrics.key", ""));
    started.push(Traces.start(config.tracesEndpoint()));

    FailedAttempts attempts = FailedAttempts.standard();
    ControlPlane controlPlane =
        ControlPlane.start(controlPlaneConfig(secrets).withAttempts(attempts));
    started.push(controlPlane);
    Endpoint api = metrics.counted("api", Tracing.traced("api", controlPlane.endpoint()));
    HttpServer apiServer =
        HttpServer.start(
            listen("API", config.apiPort()),
            exchange -> serveApi(api, metrics, exchange),
            ControlPlane.failures(),
            Upgrades.NONE);
    started.push(apiServer);

    Runner runner = Runner.start(runnerConfig(secrets));
    started.push(runner);

    Proxy proxy =
        new Proxy(
            proxyConfig(secrets),
            new LocalDirectory(controlPlane.previews()),
            runner.gateway(),
            attempts);
    started.push(proxy);
    HttpServer proxyServer =
        HttpServer.start(
            listen("proxy", config.proxyPort()),
            metrics.counted("proxy", Tracing.traced("proxy", proxy)),
            proxy.failures(),
            proxy);
    started.push(proxyServer);
    LOGGER
        .atInfo()
        .addKeyValue("version", VERSION)
        .addKeyValue("api", config.urls().api() + "/api")
        .log("server started");
    whole = true;
  }

  private void serveApi(Endpoint api, Metrics metrics, Exchange exchange) throws Exception {
    switch (exchange.rawPath()) {
      case "/api/health/ready" -> {
        if (!whole) {
          throw new HttpFailure(503, "", "the server is starting or stopping; ask again");
        }
        api.serve(exchange);
      }
      case "/metrics" -> metrics.serve(exchange);
      case "/" ->
          exchange.sendText(
              "Sandlot " + VERSION + ". The API is at /api; point a client here with: ./dev env\n");
      default -> {
        if (!exchange.rawPath().startsWith("/api")) {
          throw HttpFailure.notFound(
              "there is nothing at " + exchange.rawPath() + "; the API is at /api");
        }
        api.serve(exchange);
      }
    }
  }

  private ListenConfig listen(String name, int port) {
    return new ListenConfig(
        name,
        config.listen(),
        port,
        config.tls(),
        ConnectionLimits.STANDARD,
        config.trustedProxies());
  }

  private ControlPlaneConfig controlPlaneConfig(Secrets secrets) {
    Addresses addresses =
        new Addresses(
            config.urls().previewTemplate(config.proxyDomain()),
            config.urls().proxy() + "/toolbox",
            config.urls().api() + "/dashboard");
    DefaultSnapshot builtIn = DefaultSnapshot.BUILT_IN;
    LauncherImages images = new LauncherImages(config.launcherSocket());
    String image =
        images
            .newest(builtIn.name())
            .orElseThrow(() ->
                new IllegalStateException(
                    "this machine has no image "
                        + builtIn.name()
                        + "; build it with: ./dev setup image"));
    DefaultSnapshot snapshot =
        new DefaultSnapshot(builtIn.name(), image, builtIn.cpu(), builtIn.memory(), builtIn.disk());
    ControlPlaneConfig.Keys keys =
        new ControlPlaneConfig.Keys(
            Optional.of(key(secrets, "admin.key")),
            Optional.of(key(secrets, "runner.key")),
            Optional.of(key(secrets, "proxy.key")),
            Optional.of(key(secrets, "health.key")));
    return ControlPlaneConfig.of(database(), addresses, VERSION)
        .withKeys(keys)
        .withSnapshots(snapshot, name -> newestIfKnown(images, name));
  }

  /// Snapshots can be listed while the launcher is being restarted.
  private static Optional<String> newestIfKnown(LauncherImages images, String name) {
    try {
      return images.newest(name);
    } catch (RuntimeFailure failure) {
      LOGGER.atWarn().setCause(failure).addKeyValue("image", name).log("images cannot be listed");
      return Optional.empty();
    }
  }

  private static Secret key(Secrets secrets, String name) {
    return new Secret(secrets.named(name, "dtn_"));
  }

  private DatabaseConfig database() {
    if (config.databaseUrl().isPresent()) {
      return DatabaseConfig.ofUrl(config.databaseUrl().get());
    }
    LauncherDatabase.Address address = new LauncherDatabase(config.launcherSocket()).start();
    return DatabaseConfig.ofSocket(address.socketDirectory(), address.port(), "sandlot", "sandlot");
  }

  private RunnerConfig runnerConfig(Secrets secrets) throws Exception {
    return new RunnerConfig(
        config.launcherSocket(),
        config.engine(),
        URI.create(config.protocol() + "://" + loopback() + ":" + config.apiPort() + "/api"),
        secrets.named("runner.key", "dtn_"),
        config.home().resolve("server/spool"),
        config.proxyDomain(),
        config.urls().proxy().toString(),
        VERSION,
        RunnerConfig.JOBS_MAX,
        RunnerConfig.PROCESSES_MAX,
        new DnsConfig(dnsUpstreams(), config.blockedRanges()));
  }

  /// Where the API is reached from this machine.
  private String loopback() throws Exception {
    InetAddress address = InetAddress.getByName(config.listen());
    return address.isAnyLocalAddress() ? "127.0.0.1" : config.listen();
  }

  private List<InetSocketAddress> dnsUpstreams() {
    return config.dnsUpstream().map(Server::dnsServer).map(List::of).orElse(List.of());
  }

  private static InetSocketAddress dnsServer(String text) {
    int colon = text.indexOf(':');
    return colon < 0
        ? new InetSocketAddress(text, DNS_PORT)
        : new InetSocketAddress(
            text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  private ProxyConfig proxyConfig(Secrets secrets) {
    return new ProxyConfig(
        config.proxyDomain(),
        toolboxHosts(),
        config.urls().secure(),
        secrets.named("cookie.key", "").getBytes(UTF_8),
        ProxyLimits.DEFAULT);
  }

  private Set<String> toolboxHosts() {
    String host = config.urls().proxy().getHost();
    return Set.copyOf(
        List.of(config.publicHost(), host, config.listen(), "localhost", "127.0.0.1"));
  }

  /// Stops everything, last started first. Sandboxes go on.
  @Override
  public void close() {
    whole = false;
    while (!started.isEmpty()) {
      AutoCloseable part = started.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOGGER
            .atWarn()
            .setCause(e)
            .addKeyValue("part", part.getClass().getSimpleName())
            .log("part did not stop in order");
      }
    }
  }
}
