package dev.sandlot.launcher;

import dev.sandlot.model.Ipv4Range;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;

/// An engine behind the launcher: "runsc" or "runc". Thread-safe.
public final class LauncherDriver implements RuntimeDriver, AutoCloseable {
  private static final Duration QUICK = Duration.ofSeconds(10);
  private static final Duration SLOW = Duration.ofSeconds(60);

  private final String engine;
  private final LauncherClient launcher;
  private final Map<String, List<String>> entrypoints = new ConcurrentHashMap<>();
  private final AddressPolicies policies = new AddressPolicies(this::policies);

  /// @param socket the launcher's
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
    JsonNode hello = launcher.ask(Map.of("op", "hello"), QUICK);
    JsonNode pool = hello.path("pool");
    for (JsonNode candidate : hello.path("engines")) {
      if (candidate.path("name").asString("").equals(engine)) {
        return new HostDescription(
            candidate.path("version").asString("unknown"),
            candidate.path("usable").asBoolean(false),
            candidate.path("reason").asString(""),
            pool.path("total_bytes").asLong(0),
            pool.path("free_bytes").asLong(0),
            // No look-up: the launcher tells an address.
            InetSocketAddress.createUnresolved(
                hello.path("dns_address").asString(""), hello.path("dns_port").asInt(0)),
            hello.path("sandboxes_max").asInt(0));
      }
    }
    throw new RuntimeFailure(
        Kind.ENGINE, "the launcher knows no engine " + engine + "; configure runsc or runc");
  }

  @Override
  public void createDisk(DiskRequest request) {
    Map<String, Object> fields = operation("create_disk", request.id());
    fields.put("image", request.image());
    fields.put("host_name", request.hostName());
    fields.put("disk_bytes", request.diskBytes());
    launcher.ask(fields, SLOW);
  }

  @Override
  public StartedSandbox start(StartRequest request) {
    Map<String, Object> fields = operation("start_sandbox", request.id());
    fields.put("engine", engine);
    fields.put("limits", limits(request.limits()));
    fields.put("network", network(request.network()));
    JsonNode ok = change(fields, SLOW);
    JsonNode phases = ok.path("phases");
    return new StartedSandbox(
        Path.of(ok.path("agent_socket").asString("")),
        ok.path("address").asString(""),
        microseconds(phases.path("network_us")),
        microseconds(phases.path("storage_us")),
        microseconds(phases.path("engine_us")));
  }

  @Override
  public StoppedSandbox stop(SandboxId id, Duration grace) {
    Map<String, Object> fields = operation("stop_sandbox", id);
    fields.put("grace_ms", grace.toMillis());
    JsonNode phases = change(fields, SLOW).path("phases");
    return new StoppedSandbox(
        microseconds(phases.path("engine_us")), microseconds(phases.path("release_us")));
  }

  @Override
  public void deleteDisk(SandboxId id) {
    change(operation("delete_disk", id), SLOW);
  }

  @Override
  public void setLimits(SandboxId id, SandboxLimits limits) {
    Map<String, Object> fields = operation("set_limits", id);
    fields.put("limits", limits(limits));
    launcher.ask(fields, QUICK);
  }

  @Override
  public void setNetwork(SandboxId id, NetworkPolicy network) {
    Map<String, Object> fields = operation("set_network", id);
    fields.put("network", network(network));
    change(fields, QUICK);
  }

  /// The policy of the sandbox that has this address; empty when none has it.
  ///
  /// @throws RuntimeFailure when the launcher must be asked and does not answer
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

  /// Does what may change who has which policy, also when it fails half-way.
  private JsonNode change(Map<String, Object> operation, Duration patience) {
    try {
      return launcher.ask(operation, patience);
    } finally {
      policies.changed();
    }
  }

  @Override
  public void pause(SandboxId id) {
    launcher.ask(operation("pause_sandbox", id), QUICK);
  }

  @Override
  public void resume(SandboxId id) {
    launcher.ask(operation("resume_sandbox", id), QUICK);
  }

  @Override
  public List<HostedDisk> list() {
    List<HostedDisk> disks = new ArrayList<>();
    for (JsonNode row : launcher.ask(Map.of("op", "list_sandboxes"), QUICK).path("sandboxes")) {
      disks.add(disk(row));
    }
    return disks;
  }

  @Override
  public Optional<SandboxUsage> inspect(SandboxId id) {
    JsonNode row;
    try {
      row = launcher.ask(operation("inspect_sandbox", id), QUICK);
    } catch (RuntimeFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw failure;
    }
    return Optional.of(
        new SandboxUsage(
            disk(row),
            microseconds(row.path("cpu_used_us")),
            row.path("memory_bytes").asLong(0),
            row.path("pids").asLong(0),
            row.path("disk_used_bytes").asLong(0),
            row.path("oom_kills").asLong(0)));
  }

  /// An image does not change under its name, so each is asked for once.
  @Override
  public List<String> entrypoint(String image) {
    List<String> known = entrypoints.get(image);
    if (known == null) {
      for (JsonNode row : launcher.ask(Map.of("op", "list_images"), SLOW).path("images")) {
        List<String> command = new ArrayList<>();
        row.path("config").path("entrypoint").forEach(word -> command.add(word.asString("")));
        entrypoints.put(row.path("id").asString(""), List.copyOf(command));
      }
      known = entrypoints.getOrDefault(image, List.of());
    }
    return known;
  }

  @Override
  public void close() {
    launcher.close();
  }

  private static Map<String, Object> operation(String name, SandboxId id) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("op", name);
    fields.put("id", id.toString());
    return fields;
  }

  private static Map<String, Object> limits(SandboxLimits limits) {
    return Map.of(
        "cpu_millis", limits.cpuMillis(),
        "memory_bytes", limits.memoryBytes(),
        "pids", limits.processes());
  }

  private static Map<String, Object> network(NetworkPolicy policy) {
    return switch (policy) {
      case NetworkPolicy.Internet() -> Map.of("mode", "default");
      case NetworkPolicy.BlockAll() -> Map.of("mode", "block");
      case NetworkPolicy.AllowList(var ranges) ->
          Map.of("mode", "allow", "cidrs", ranges.stream().map(Object::toString).toList());
    };
  }

  /// Empty while it does not run. One that this runner does not know closes everything.
  private static Optional<NetworkPolicy> network(JsonNode row) {
    JsonNode network = row.path("network");
    return switch (network.path("mode").asString("")) {
      case "" -> Optional.empty();
      case "default" -> Optional.of(new NetworkPolicy.Internet());
      case "allow" -> {
        List<Ipv4Range> ranges = new ArrayList<>();
        network.path("cidrs").forEach(range -> ranges.add(Ipv4Range.of(range.asString(""))));
        yield Optional.of(new NetworkPolicy.AllowList(ranges));
      }
      default -> Optional.of(new NetworkPolicy.BlockAll());
    };
  }

  private HostedDisk disk(JsonNode row) {
    boolean running = row.path("running").asBoolean(false);
    return new HostedDisk(
        SandboxId.of(row.path("id").asString("")),
        row.path("image").asString(""),
        row.path("disk_bytes").asLong(0),
        running,
        text(row, "engine"),
        running ? text(row, "address") : Optional.empty(),
        limits(row),
        network(row),
        running ? text(row, "agent_socket").map(Path::of) : Optional.empty(),
        exit(row.path("exit")));
  }

  /// Empty while it does not run.
  private static Optional<SandboxLimits> limits(JsonNode row) {
    JsonNode limits = row.path("limits");
    if (!limits.isObject()) {
      return Optional.empty();
    }
    return Optional.of(
        new SandboxLimits(
            limits.path("cpu_millis").asLong(0),
            limits.path("memory_bytes").asLong(0),
            row.path("disk_bytes").asLong(0),
            limits.path("pids").asInt(0)));
  }

  private static Optional<EngineExit> exit(JsonNode exit) {
    if (!exit.isObject()) {
      return Optional.empty();
    }
    return Optional.of(
        new EngineExit(
            exit.path("code").asInt(-1),
            exit.path("signal").asInt(0),
            exit.path("oom").asBoolean(false),
            Instant.ofEpochMilli(exit.path("at_ms").asLong(0))));
  }

  private static Optional<String> text(JsonNode row, String name) {
    return Optional.of(row.path(name).asString("")).filter(value -> !value.isEmpty());
  }

  private static Duration microseconds(JsonNode value) {
    return Duration.of(value.asLong(0), ChronoUnit.MICROS);
  }
}
