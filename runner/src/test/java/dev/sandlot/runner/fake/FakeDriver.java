package dev.sandlot.runner.fake;

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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An engine without isolation: a disk is a folder, a running sandbox a fake agent in this process.
/// Thread-safe.
public final class FakeDriver implements RuntimeDriver, AutoCloseable {
  /// The only image.
  public static final String IMAGE = "fake";

  private final Path folder;
  private final Map<SandboxId, Disk> disks = new ConcurrentHashMap<>();
  private volatile @Nullable RuntimeFailure nextStart;

  private static final class Disk {
    private final DiskRequest request;
    private final Path root;
    private @Nullable FakeAgent agent;
    private @Nullable EngineExit exit;
    private @Nullable NetworkPolicy network;
    private @Nullable SandboxLimits limits;

    Disk(DiskRequest request, Path root) {
      this.request = request;
      this.root = root;
    }
  }

  /// @param folder for the disks; its path must be short, since sockets are created in it
  public FakeDriver(Path folder) {
    this.folder = folder;
  }

  /// Makes the next start fail.
  public void failNextStart(RuntimeFailure failure) {
    nextStart = failure;
  }

  /// Ends a running sandbox like a crash.
  public void crash(SandboxId id, EngineExit exit) {
    Disk disk = disk(id);
    synchronized (disk) {
      end(disk, exit);
    }
  }

  /// The network policy of a running sandbox.
  public Optional<NetworkPolicy> network(SandboxId id) {
    return Optional.ofNullable(disk(id).network);
  }

  @Override
  public List<String> entrypoint(String image) {
    return List.of("sleep", "infinity");
  }

  @Override
  public String engine() {
    return "fake";
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of(Capability.PAUSE);
  }

  @Override
  public HostDescription describe() {
    return new HostDescription(
        "1", true, "", 1L << 40, 1L << 39, new InetSocketAddress("127.0.0.1", 0), 1_000);
  }

  @Override
  public void createDisk(DiskRequest request) {
    if (!request.image().equals(IMAGE)) {
      throw new RuntimeFailure(Kind.NOT_FOUND, "there is no image " + request.image());
    }
    Path root = folder.resolve(request.id().toString());
    try {
      Files.createDirectories(root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    disks.putIfAbsent(request.id(), new Disk(request, root));
  }

  @Override
  public StartedSandbox start(StartRequest request) {
    RuntimeFailure failure = nextStart;
    if (failure != null) {
      nextStart = null;
      throw failure;
    }
    Disk disk = disk(request.id());
    synchronized (disk) {
      Path socket = socket(request.id());
      if (disk.agent == null) {
        disk.agent = FakeAgent.start(disk.root, socket, () -> crash(request.id(), exited(0)));
        disk.network = request.network();
        disk.limits = request.limits();
        disk.exit = null;
      }
      return new StartedSandbox(
          socket, "192.0.2.1", Duration.ZERO, Duration.ZERO, Duration.ofMillis(1));
    }
  }

  private Path socket(SandboxId id) {
    return folder.resolve(id.toString().substring(0, 8) + ".sock");
  }

  @Override
  public StoppedSandbox stop(SandboxId id, Duration grace) {
    Disk disk = disks.get(id);
    if (disk != null) {
      synchronized (disk) {
        end(disk, new EngineExit(-1, 9, false, Instant.now()));
      }
    }
    return StoppedSandbox.AT_REST;
  }

  private static void end(Disk disk, EngineExit exit) {
    FakeAgent agent = disk.agent;
    if (agent != null) {
      disk.agent = null;
      disk.exit = exit;
      disk.network = null;
      disk.limits = null;
      agent.close();
    }
  }

  private static EngineExit exited(int code) {
    return new EngineExit(code, 0, false, Instant.now());
  }

  @Override
  public void deleteDisk(SandboxId id) {
    kill(id);
    Disk disk = disks.remove(id);
    if (disk == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(disk.root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void setLimits(SandboxId id, SandboxLimits limits) {
    running(id);
  }

  @Override
  public void setNetwork(SandboxId id, NetworkPolicy network) {
    running(id).network = network;
  }

  @Override
  public void pause(SandboxId id) {
    signal(running(id), "STOP");
  }

  @Override
  public void resume(SandboxId id) {
    signal(running(id), "CONT");
  }

  /// Signals the processes of a sandbox: those of ours that are in its folder.
  private static void signal(Disk disk, String name) {
    ProcessHandle.current()
        .descendants()
        .filter(process -> workingDirectory(process).startsWith(disk.root))
        .forEach(process -> {
          try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static Path workingDirectory(ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd"));
    } catch (IOException _) {
      return Path.of("/"); // it has ended
    }
  }

  @Override
  public List<HostedDisk> list() {
    return disks.values().stream().map(this::row).toList();
  }

  @Override
  public Optional<SandboxUsage> inspect(SandboxId id) {
    return Optional.ofNullable(disks.get(id))
        .map(disk -> new SandboxUsage(row(disk), Duration.ofMillis(5), 1 << 20, 1, 4_096, 0));
  }

  private HostedDisk row(Disk disk) {
    synchronized (disk) {
      boolean running = disk.agent != null;
      SandboxId id = disk.request.id();
      return new HostedDisk(
          id,
          disk.request.image(),
          disk.request.diskBytes(),
          running,
          Optional.of(engine()),
          running ? Optional.of("192.0.2.1") : Optional.empty(),
          Optional.ofNullable(disk.limits),
          Optional.ofNullable(disk.network),
          running ? Optional.of(socket(id)) : Optional.empty(),
          Optional.ofNullable(disk.exit));
    }
  }

  private Disk disk(SandboxId id) {
    Disk disk = disks.get(id);
    if (disk == null) {
      throw new RuntimeFailure(Kind.NOT_FOUND, "there is no disk of " + id);
    }
    return disk;
  }

  private Disk running(SandboxId id) {
    Disk disk = disk(id);
    if (disk.agent == null) {
      throw new RuntimeFailure(Kind.NOT_FOUND, id + " does not run");
    }
    return disk;
  }

  @Override
  public void close() {
    List.copyOf(disks.keySet()).forEach(this::deleteDisk);
  }
}
