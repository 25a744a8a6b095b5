package dev.sandlot.server;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Tracing;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.runner.Runner;
import dev.sandlot.runner.RunnerConfig;
import dev.sandlot.runner.dns.DnsConfig;
import dev.sandlot.runtime.ToolboxGateway;
import dev.sandlot.runtime.remote.GatewayEndpoint;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/// The runner of this process. Where it is the only role, it has a listener for the proxy.
final class RunnerRole implements AutoCloseable {
  /// The secret of the runner that is in one process with the control plane.
  static final String KEY = "runner.key";

  private static final int DNS_PORT = 53;

  private final Runner runner;
  private final Optional<HttpServer> listener;

  private RunnerRole(Runner runner, Optional<HttpServer> listener) {
    this.runner = runner;
    this.listener = listener;
  }

  /// @throws RuntimeException when the launcher cannot be reached or an address is taken, with a
  ///   message for the operator
  static RunnerRole start(ServerConfig config, Secrets secrets, Metrics metrics)
      throws InterruptedException {
    String key =
        config
            .runnerAlone()
            .map(alone -> Secrets.read(alone.keyFile()).text())
            .orElseGet(() -> secrets.named(KEY, "dtn_"));
    Runner runner = Runner.start(runnerConfig(config, key));
    try {
      return new RunnerRole(
          runner, config.runnerAlone().map(_ -> listen(config, runner.gateway(), key, metrics)));
    } catch (RuntimeException e) {
      runner.close();
      throw e;
    }
  }

  private static HttpServer listen(
      ServerConfig config, ToolboxGateway gateway, String key, Metrics metrics) {
    GatewayEndpoint endpoint = new GatewayEndpoint(gateway, key);
    Endpoint counted = metrics.counted("runner", Tracing.traced("runner", endpoint));
    return HttpServer.start(
        config.listener("runner", config.runnerPort()),
        exchange -> {
          if (exchange.rawPath().equals("/metrics")) {
            metrics.serve(exchange);
          } else {
            counted.serve(exchange);
          }
        },
        endpoint.failures(),
        endpoint);
  }

  private static RunnerConfig runnerConfig(ServerConfig config, String key) {
    Optional<ServerConfig.RunnerAlone> alone = config.runnerAlone();
    return new RunnerConfig(
        config.launcherSocket(),
        config.engine(),
        URI.create(
            alone.map(ServerConfig.RunnerAlone::controlPlane).orElse(ownApi(config)) + "/api"),
        key,
        config.home().resolve("server/spool"),
        alone.map(one -> one.address().getHost()).orElse(config.proxyDomain()),
        alone.map(ServerConfig.RunnerAlone::address),
        Server.VERSION,
        RunnerConfig.JOBS_MAX,
        RunnerConfig.PROCESSES_MAX,
        new DnsConfig(dnsUpstreams(config), config.blockedRanges()));
  }

  /// Where the API is reached from this machine.
  private static URI ownApi(ServerConfig config) {
    return URI.create(config.protocol() + "://" + config.reachedHere() + ":" + config.apiPort());
  }

  private static List<InetSocketAddress> dnsUpstreams(ServerConfig config) {
    return config.dnsUpstream().map(RunnerRole::dnsServer).map(List::of).orElse(List.of());
  }

  private static InetSocketAddress dnsServer(String text) {
    int colon = text.indexOf(':');
    return colon < 0
        ? new InetSocketAddress(text, DNS_PORT)
        : new InetSocketAddress(
            text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  /// The way into its sandboxes, for a proxy in this process.
  ToolboxGateway gateway() {
    return runner.gateway();
  }

  @Override
  public void close() {
    listener.ifPresent(HttpServer::close);
    runner.close();
  }
}
