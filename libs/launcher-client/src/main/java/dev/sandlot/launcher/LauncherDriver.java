package dev.sandlot.launcher;

import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import dev.sandlot.runtime.DiskRequest;
import dev.sandlot.runtime.EngineExit;
import dev.sandlot.runtime.HostDescription;
import dev.sandlot.runtime.HostedDisk;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.RuntimeFailure.Kind;
import dev.sandlot.runtime.SandboxUsage;
import dev.sandlot.runtime.StartRequest;
import dev.sandlot.runtime.StartedSandbox;
import dev.sandlot.runtime.StoppedSandbox;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// An engine behind the launcher: "runsc" or "runc". Thread-safe.
public final class LauncherDriver implements RuntimeDriver, AutoCloseable {
  private final String engine;
  private final LauncherClient launcher;
  private final Map<String, List<String>> entrypoints = new ConcurrentHashMap<>();
  private final AddressPolicies policies = new AddressPolicies(this::policies);

  /// @param socket where the launcher listens
  /// @param engine as the launcher names it
  public LauncherDriver(Path socket, String engine) {
    this.launcher = new LauncherClient(socket);
    this.engine = engine;
  }

  @Override
  public String engine() {
    return engine;
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.PAUSE);
  }

  @Override
  public HostDescription describe() {
    Answer.Host host = launcher.call(new Operation.Hello());
    for (Answer.Engine candidate : host.engines()) {
      if (candidate.name().equals(engine)) {
        return new HostDescription(
            candidate.version(),
            candidate.usable(),
            candidate.reason().orElse(""),
            host.pool().map(Answer.Pool::totalBytes).orElse(0L),
            host.pool().map(Answer.Pool::freeBytes).orElse(0L),
            // No look-up: the launcher gives an address.
            InetSocketAddress.createUnresolved(host.dnsAddress(), host.dnsPort()),
            host.sandboxesMax());
      }
    }
    throw new RuntimeFailure(
        Kind.ENGINE, "the launcher knows no engine " + engine + "; configure runsc or runc");
  }

  @Override
  public void createDisk(DiskRequest request) {
    var _ =
        launcher.call(
            new Operation.CreateDisk(
                request.id().toString(), request.image(), request.hostName(), request.diskBytes()));
  }

  @Override
  public StartedSandbox start(StartRequest request) {
    Answer.Started started =
        change(
            new Operation.StartSandbox(
                request.id().toString(),
                engine,
                limits(request.limits()),
                NetworkMode.of(request.network())));
    Optional<Answer.Phases> phases = started.phases();
    return new StartedSandbox(
        Path.of(started.agentSocket()),
        started.address(),
        microseconds(phases.map(Answer.Phases::networkUs).orElse(0L)),
        microseconds(phases.map(Answer.Phases::storageUs).orElse(0L)),
        microseconds(phases.map(Answer.Phases::engineUs).orElse(0L)));
  }

  @Override
  public StoppedSandbox stop(SandboxId id, Duration grace) {
    Optional<Answer.Phases> phases =
        change(new Operation.StopSandbox(id.toString(), grace.toMillis())).phases();
    return new StoppedSandbox(
        microseconds(phases.map(Answer.Phases::engineUs).orElse(0L)),
        microseconds(phases.map(Answer.Phases::releaseUs).orElse(0L)));
  }

  @Override
  public void deleteDisk(SandboxId id) {
    var _ = change(new Operation.DeleteDisk(id.toString()));
  }

  @Override
  public void setLimits(SandboxId id, SandboxLimits limits) {
    var _ = launcher.call(new Operation.SetLimits(id.toString(), limits(limits)));
  }

  @Override
  public void setNetwork(SandboxId id, NetworkPolicy network) {
    var _ = change(new Operation.SetNetwork(id.toString(), NetworkMode.of(network)));
  }

  /// The policy of the sandbox that has this address; empty when none has it.
  ///
  /// @throws RuntimeFailure when the launcher has to be called and does not answer
  public Optional<NetworkPolicy> policyAt(InetAddress address) {
    return policies.at(address.getHostAddress());
  }

  private Map<String, NetworkPolicy> policies() {
    Map<String, NetworkPolicy> found = new HashMap<>();
    for (HostedDisk disk : list()) {
      disk.address()
          .ifPresent(address -> disk.network().ifPresent(network -> found.put(address, network)));
    }
    return found;
  }

  /// Calls an operation that may change policies or addresses, even when it fails half-way.
  private <A> A change(Operation<A> operation) {
    try {
      return launcher.call(operation);
    } finally {
      policies.changed();
    }
  }

  @Override
  public void pause(SandboxId id) {
    var _ = launcher.call(new Operation.PauseSandbox(id.toString()));
  }

  @Override
  public void resume(SandboxId id) {
    var _ = launcher.call(new Operation.ResumeSandbox(id.toString()));
  }

  @Override
  public List<HostedDisk> list() {
    return launcher.call(new Operation.ListSandboxes()).sandboxes().stream()
        .map(LauncherDriver::disk)
        .toList();
  }

  @Override
  public Optional<SandboxUsage> inspect(SandboxId id) {
    Answer.Sandbox row;
    try {
      row = launcher.call(new Operation.InspectSandbox(id.toString()));
    } catch (RuntimeFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw failure;
    }
    return Optional.of(
        new SandboxUsage(
            disk(row),
            microseconds(row.cpuUsedUs()),
            row.memoryBytes(),
            row.pids(),
            row.diskUsedBytes(),
            row.oomKills()));
  }

  /// Cached, since an image does not change under its id.
  @Override
  public List<String> entrypoint(String image) {
    List<String> known = entrypoints.get(image);
    if (known == null) {
      for (Answer.Image row : launcher.call(new Operation.ListImages()).images()) {
        List<String> command =
            row.config().flatMap(Answer.ImageConfig::entrypoint).orElse(List.of());
        entrypoints.put(row.id(), List.copyOf(command));
      }
      known = entrypoints.getOrDefault(image, List.of());
    }
    return known;
  }

  @Override
  public void close() {
    launcher.close();
  }

  private static Operation.Limits limits(SandboxLimits limits) {
    return new Operation.Limits(limits.cpuMillis(), limits.memoryBytes(), limits.processes());
  }

  private static HostedDisk disk(Answer.Sandbox row) {
    boolean running = row.running();
    return new HostedDisk(
        SandboxId.of(row.id()),
        row.image(),
        row.diskBytes(),
        running,
        row.engine(),
        row.address().filter(_ -> running),
        row.limits()
            .map(limits ->
                new SandboxLimits(
                    limits.cpuMillis(), limits.memoryBytes(), row.diskBytes(), limits.pids())),
        row.network().map(NetworkMode::policy),
        row.agentSocket().filter(_ -> running).map(Path::of),
        row.exit()
            .map(exit ->
                new EngineExit(
                    exit.code(), exit.signal(), exit.oom(), Instant.ofEpochMilli(exit.atMs()))));
  }

  private static Duration microseconds(long value) {
    return Duration.of(value, ChronoUnit.MICROS);
  }
}
