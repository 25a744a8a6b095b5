package dev.sandlot.server;

import dev.sandlot.controlplane.Bootstrap;
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
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.launcher.LauncherDatabase;
import dev.sandlot.launcher.LauncherImages;
import dev.sandlot.model.RunnerId;
import dev.sandlot.proxy.access.SandboxDirectory;
import dev.sandlot.proxy.runner.RunnerKeys;
import dev.sandlot.runtime.RuntimeFailure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The control plane of this process and its listener, the API's.
final class ControlPlaneRole implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ControlPlaneRole.class);

  private final ServerConfig config;
  private final Metrics metrics;
  private final ControlPlane controlPlane;
  private final HttpServer listener;

  /// Whether all roles of the process serve. The API does before the proxy listens, because the
  /// runner needs it.
  private volatile boolean whole;

  private ControlPlaneRole(
      ServerConfig config, Secrets secrets, Metrics metrics, FailedAttempts attempts) {
    this.config = config;
    this.metrics = metrics;
    controlPlane = ControlPlane.start(controlPlaneConfig(secrets).withAttempts(attempts));
    try {
      Endpoint api = metrics.counted("api", Tracing.traced("api", controlPlane.endpoint()));
      listener =
          HttpServer.start(
              config.listener("API", config.apiPort()),
              exchange -> serve(api, exchange),
              ControlPlane.failures(),
              Upgrades.NONE);
    } catch (RuntimeException e) {
      controlPlane.close();
      throw e;
    }
  }

  /// @throws RuntimeException when the database cannot be reached or the port is taken, with a
  ///   message for the operator
  static ControlPlaneRole start(
      ServerConfig config, Secrets secrets, Metrics metrics, FailedAttempts attempts) {
    return new ControlPlaneRole(config, secrets, metrics, attempts);
  }

  /// The answers to the proxy's questions.
  SandboxDirectory directory() {
    Bootstrap bootstrap = controlPlane.bootstrap();
    return new LocalDirectory(
        controlPlane.previews(), bootstrap.runner(), controlPlane::runnerAddress);
  }

  /// The keys of runners on other machines.
  RunnerKeys runnerKeys() {
    Map<RunnerId, Secret> keys = controlPlane.bootstrap().others();
    return id -> Optional.ofNullable(keys.get(id)).map(Secret::text);
  }

  /// Says at `/api/health/ready` that all roles of this process serve, or do not any more.
  void whole(boolean serving) {
    whole = serving;
  }

  private void serve(Endpoint api, Exchange exchange) throws Exception {
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
              "Sandlot "
                  + Server.VERSION
                  + ". The API is at /api; point a client here with: ./dev env\n");
      default -> {
        if (!exchange.rawPath().startsWith("/api")) {
          throw HttpFailure.notFound(
              "there is nothing at " + exchange.rawPath() + "; the API is at /api");
        }
        api.serve(exchange);
      }
    }
  }

  private ControlPlaneConfig controlPlaneConfig(Secrets secrets) {
    Addresses addresses =
        new Addresses(
            config.urls().previewTemplate(config.proxyDomain()),
            config.urls().proxy() + "/toolbox",
            config.urls().api() + "/dashboard");
    boolean runs = config.roles().contains(Role.RUNNER);
    ControlPlaneConfig.Keys keys =
        new ControlPlaneConfig.Keys(
            Optional.of(key(secrets, "admin.key")),
            Optional.of(key(secrets, RunnerRole.KEY)),
            Optional.of(key(secrets, "proxy.key")),
            Optional.of(key(secrets, "health.key")));
    ControlPlaneConfig plain =
        ControlPlaneConfig.of(database(), addresses, Server.VERSION)
            .withKeys(keys)
            .withPlacement(config.placement());
    return withSnapshots(runs ? plain : plain.withoutRunner()).withOthers(others());
  }

  private ControlPlaneConfig withSnapshots(ControlPlaneConfig plain) {
    DefaultSnapshot builtIn = DefaultSnapshot.BUILT_IN;
    if (config.defaultImage().isPresent() && !config.launcherHere()) {
      return plain.withSnapshots(of(builtIn, config.defaultImage().get()), _ -> Optional.empty());
    }
    LauncherImages images = new LauncherImages(config.launcherSocket());
    String image =
        config
            .defaultImage()
            .or(() -> images.newest(builtIn.name()))
            .orElseThrow(() ->
                new IllegalStateException(
                    "this machine has no image "
                        + builtIn.name()
                        + "; build it with: ./dev setup image"));
    return plain.withSnapshots(of(builtIn, image), name -> newestIfKnown(images, name));
  }

  private static DefaultSnapshot of(DefaultSnapshot builtIn, String image) {
    return new DefaultSnapshot(
        builtIn.name(), image, builtIn.cpu(), builtIn.memory(), builtIn.disk());
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

  private Map<String, Secret> others() {
    Map<String, Secret> others = new LinkedHashMap<>();
    config.runners().forEach((name, file) -> others.put(name, Secrets.read(file)));
    return others;
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

  @Override
  public void close() {
    listener.close();
    controlPlane.close();
  }
}
