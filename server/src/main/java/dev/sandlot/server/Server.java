package dev.sandlot.server;

import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.proxy.runner.Gateways;
import dev.sandlot.proxy.runner.RunnerKeys;
import dev.sandlot.runtime.ToolboxGateway;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running server process: its roles, in the order in which they start.
final class Server implements AutoCloseable {
  static final String VERSION = "0.1.0";

  private static final Logger LOGGER = LoggerFactory.getLogger(Server.class);

  private final ServerConfig config;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private Optional<ControlPlaneRole> controlPlane = Optional.empty();

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
      server.startRoles();
      return server;
    } catch (Exception e) {
      server.close();
      throw e;
    }
  }

  /// Control plane and proxy are in one process ({@link ServerConfig}).
  private void startRoles() throws InterruptedException {
    Set<Role> roles = config.roles();
    Secrets secrets = new Secrets(config.home().resolve("secrets"));
    Metrics metrics = new Metrics(secrets.named("metrics.key", ""));
    started.push(Traces.start(config.tracesEndpoint()));
    FailedAttempts attempts = FailedAttempts.standard();

    if (roles.contains(Role.CONTROL_PLANE)) {
      controlPlane = Optional.of(ControlPlaneRole.start(config, secrets, metrics, attempts));
      started.push(controlPlane.get());
    }
    Optional<ToolboxGateway> here = Optional.empty();
    if (roles.contains(Role.RUNNER)) {
      RunnerRole runner = RunnerRole.start(config, secrets, metrics);
      started.push(runner);
      here = Optional.of(runner.gateway());
    }
    if (controlPlane.isPresent()) {
      RunnerKeys others = controlPlane.get().runnerKeys();
      Gateways.Runners runners = new Gateways.Runners(here, others, config.withoutTls());
      started.push(
          ProxyRole.start(
              config, secrets, metrics, attempts, controlPlane.get().directory(), runners));
    }
    LOGGER
        .atInfo()
        .addKeyValue("version", VERSION)
        .addKeyValue("roles", roles)
        .addKeyValue("api", config.urls().api() + "/api")
        .log("server started");
    controlPlane.ifPresent(role -> role.whole(true));
  }

  /// Stops everything, last started first. Sandboxes go on.
  @Override
  public void close() {
    controlPlane.ifPresent(role -> role.whole(false));
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
