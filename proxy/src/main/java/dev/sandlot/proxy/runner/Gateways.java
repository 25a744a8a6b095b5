package dev.sandlot.proxy.runner;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.SandboxId;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import dev.sandlot.runtime.NotRunning;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.ToolboxGateway;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;

/// Chooses the runner that a sandbox is on: the one in this process, which is called as an object,
/// or one on another machine, over HTTP. Thread-safe.
public final class Gateways implements ToolboxGateway {
  private final SandboxDirectory directory;
  private final Runners runners;
  private final ProxyLimits limits;
  private final RunnerConnections connections;

  /// @param directory says where sandboxes are; asked for each call, so it should remember
  public Gateways(SandboxDirectory directory, Runners runners, ProxyLimits limits) {
    this.directory = directory;
    this.runners = runners;
    this.limits = limits;
    connections = new RunnerConnections(runners.inTheClear());
  }

  /// The runners that this proxy can call.
  ///
  /// @param here the one in this process, whose sandboxes have no address in the directory
  /// @param keys of the others
  /// @param inTheClear whether those on other machines may be called without TLS, because something
  ///   else encrypts
  public record Runners(Optional<ToolboxGateway> here, RunnerKeys keys, boolean inTheClear) {
    /// For a proxy with a runner in its process and no other.
    public static Runners only(ToolboxGateway here) {
      return new Runners(Optional.of(here), RunnerKeys.NONE, false);
    }
  }

  @Override
  public void serve(SandboxId id, String rawPath, Exchange exchange) throws Exception {
    gateway(id)
        .orElseThrow(
            () -> new HttpFailure(409, "CONFLICT", "conflict: " + ClientWords.notRunning()))
        .serve(id, rawPath, exchange);
  }

  @Override
  public Optional<Tunnel> upgrade(SandboxId id, String rawPath, UpgradeRequest request)
      throws Exception {
    return gateway(id)
        .orElseThrow(
            () -> new HttpFailure(409, "CONFLICT", "conflict: " + ClientWords.notRunning()))
        .upgrade(id, rawPath, request);
  }

  @Override
  public PortConnection dial(SandboxId id, int port) throws IOException {
    return gateway(id).orElseThrow(NotRunning::new).dial(id, port);
  }

  /// Empty for a sandbox that was deleted meanwhile.
  private Optional<ToolboxGateway> gateway(SandboxId id) {
    return directory.find(id).map(target -> of(target.runner()));
  }

  private ToolboxGateway of(SandboxDirectory.Runner runner) {
    if (runner.address().isEmpty()) {
      return runners
          .here()
          .orElseThrow(() ->
              RunnerConnections.unreachable("it has not said where; it may not have been started"));
    }
    URI address = runner.address().get();
    String key =
        runners
            .keys()
            .of(runner.id())
            .orElseThrow(() ->
                RunnerConnections.unreachable("the proxy has no key of it (SANDLOT_RUNNERS)"));
    return new RemoteGateway(address, key, connections, limits);
  }
}
