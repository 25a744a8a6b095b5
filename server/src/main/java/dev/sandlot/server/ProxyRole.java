package dev.sandlot.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Tracing;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.proxy.Proxy;
import dev.sandlot.proxy.access.ProxyConfig;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import dev.sandlot.proxy.runner.Gateways;
import java.util.List;
import java.util.Set;

/// The proxy of this process and its listener.
final class ProxyRole implements AutoCloseable {
  private final Proxy proxy;
  private final HttpServer listener;

  private ProxyRole(Proxy proxy, HttpServer listener) {
    this.proxy = proxy;
    this.listener = listener;
  }

  /// @param runners those that sandboxes are on
  /// @throws RuntimeException when the port is taken, with a message for the operator
  static ProxyRole start(
      ServerConfig config,
      Secrets secrets,
      Metrics metrics,
      FailedAttempts attempts,
      SandboxDirectory directory,
      Gateways.Runners runners) {
    Proxy proxy = new Proxy(proxyConfig(config, secrets), directory, runners, attempts);
    try {
      HttpServer listener =
          HttpServer.start(
              config.listener("proxy", config.proxyPort()),
              metrics.counted("proxy", Tracing.traced("proxy", proxy)),
              proxy.failures(),
              proxy);
      return new ProxyRole(proxy, listener);
    } catch (RuntimeException e) {
      proxy.close();
      throw e;
    }
  }

  private static ProxyConfig proxyConfig(ServerConfig config, Secrets secrets) {
    return new ProxyConfig(
        config.proxyDomain(),
        toolboxHosts(config),
        config.urls().secure(),
        secrets.named("cookie.key", "").getBytes(UTF_8),
        ProxyLimits.DEFAULT);
  }

  private static Set<String> toolboxHosts(ServerConfig config) {
    String host = config.urls().proxy().getHost();
    return Set.copyOf(
        List.of(config.publicHost(), host, config.listen(), "localhost", "127.0.0.1"));
  }

  @Override
  public void close() {
    listener.close();
    proxy.close();
  }
}
