package dev.sandlot.runner.sandbox;

import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import dev.sandlot.runtime.EngineExit;
import dev.sandlot.runtime.HostedDisk;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.SandboxUsage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reconciles three views of this machine's sandboxes: what the driver runs, the links that this
/// process holds, and the states that the control plane expects. Runs every two seconds, and at
/// once when a link has broken; asks the control plane every thirty seconds.
///
/// Takes no input. A sandbox with a running job, or one that had a job since its state was read, is
/// left for the next round.
public final class HostReconciler implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(HostReconciler.class);
  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(2);
  private static final Duration COMPARE_INTERVAL = Duration.ofSeconds(30);

  /// Between attempts to adopt a sandbox whose agent does not answer.
  private static final Duration ADOPTION_INTERVAL = Duration.ofSeconds(20);

  private static final int EXIT_ATTEMPTS_MAX = 20;
  private static final Duration EXIT_PAUSE = Duration.ofMillis(50);

  private final RuntimeDriver driver;
  private final HostedSandboxes sandboxes;
  private final ExpectedStates expectedStates;
  private final Semaphore wake = new Semaphore(0);
  private final Map<SandboxId, Long> adoptedAtNanos = new ConcurrentHashMap<>();
  private final Thread thread;
  private long comparedAtNanos;
  private boolean compared;

  public HostReconciler(
      RuntimeDriver driver, HostedSandboxes sandboxes, ExpectedStates expectedStates) {
    this.driver = driver;
    this.sandboxes = sandboxes;
    this.expectedStates = expectedStates;
    this.thread = Thread.ofVirtual().name("sandbox-reconciler").unstarted(this::run);
  }

  /// Adopts the sandboxes that run already. To be called before jobs are taken.
  public void adopt() throws InterruptedException {
    long mark = sandboxes.locks().mark();
    List<Thread> adoptions = new ArrayList<>();
    for (HostedDisk disk : driver.list()) {
      if (disk.running()) {
        adoptions.add(adopt(disk, mark));
      }
    }
    for (Thread adoption : adoptions) {
      adoption.join();
    }
  }

  /// Adopts one sandbox, on a thread of its own: its agent may be slow to answer.
  private Thread adopt(HostedDisk disk, long mark) {
    adoptedAtNanos.put(disk.id(), System.nanoTime());
    return Thread.ofVirtual()
        .name("adoption-" + disk.id())
        .start(() -> {
          try {
            ifUnchanged(disk.id(), mark, () -> sandboxes.adopt(disk));
          } catch (InterruptedException _) {
            // The runner stops.
          }
        });
  }

  /// Starts the reconciler's thread.
  public void start() {
    sandboxes.onBrokenLink(wake::release);
    thread.start();
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        watch();
        if (!compared || System.nanoTime() - comparedAtNanos > COMPARE_INTERVAL.toNanos()) {
          compare();
          compared = true;
          comparedAtNanos = System.nanoTime();
        }
      } catch (InterruptedException _) {
        return;
      } catch (IOException | RuntimeException e) {
        LOGGER
            .atWarn()
            .addKeyValue("reason", String.valueOf(e.getMessage()))
            .log("sandboxes cannot be compared");
      }
      try {
        if (wake.tryAcquire(WATCH_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      } catch (InterruptedException _) {
        return;
      }
    }
  }

  /// Finds sandboxes that have ended, and those that run without a link.
  void watch() throws InterruptedException {
    long mark = sandboxes.locks().mark();
    Set<SandboxId> linked = new HashSet<>();
    sandboxes.all().forEach(sandbox -> linked.add(sandbox.id()));
    Set<SandboxId> present = new HashSet<>();
    for (HostedDisk disk : driver.list()) {
      present.add(disk.id());
      boolean known = linked.remove(disk.id());
      if (disk.running() && !known && adoptionDue(disk.id())) {
        adopt(disk, mark);
      } else if (!disk.running() && known) {
        ifUnchanged(disk.id(), mark, () -> ended(disk.id(), disk.exit()));
      }
    }
    adoptedAtNanos.keySet().retainAll(present);
    for (SandboxId gone : linked) {
      ifUnchanged(gone, mark, () -> ended(gone, Optional.empty()));
    }
  }

  private boolean adoptionDue(SandboxId id) {
    Long last = adoptedAtNanos.get(id);
    return last == null || System.nanoTime() - last > ADOPTION_INTERVAL.toNanos();
  }

  /// Compares the machine with the states that the control plane expects, and acts on differences.
  void compare() throws IOException, InterruptedException {
    long mark = sandboxes.locks().mark();
    // Disks are listed first, so that one created meanwhile is not taken for an orphan.
    Map<SandboxId, HostedDisk> disks = new HashMap<>();
    driver.list().forEach(disk -> disks.put(disk.id(), disk));
    Map<SandboxId, Optional<SandboxState>> states = expectedStates.all();
    for (HostedDisk disk : disks.values()) {
      if (!states.containsKey(disk.id())) {
        ifUnchanged(disk.id(), mark, () -> removeOrphan(disk.id()));
      }
    }
    for (Map.Entry<SandboxId, Optional<SandboxState>> entry : states.entrySet()) {
      SandboxId id = entry.getKey();
      if (entry.getValue().isPresent()) {
        compare(id, entry.getValue().get(), Optional.ofNullable(disks.get(id)), mark);
      }
    }
  }

  private void compare(SandboxId id, SandboxState state, Optional<HostedDisk> disk, long mark)
      throws InterruptedException {
    boolean running = disk.filter(HostedDisk::running).isPresent();
    if (running && state.isAtRest()) {
      ifUnchanged(id, mark, () -> stopUnwanted(id, state));
    } else if (!running && state.isRunning()) {
      ifUnchanged(id, mark, () -> ended(id, disk.flatMap(HostedDisk::exit)));
    }
  }

  /// A step whose failure does not end the round.
  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  private void ifUnchanged(SandboxId id, long mark, Step step) throws InterruptedException {
    try (var held = sandboxes.locks().lockIfUnchanged(id, mark).orElse(null)) {
      if (held != null) {
        step.run();
      }
    } catch (IOException | RuntimeFailure e) {
      LOGGER
          .atWarn()
          .addKeyValue("sandboxId", id)
          .addKeyValue("reason", String.valueOf(e.getMessage()))
          .log("sandbox cannot be reconciled yet");
    }
  }

  private void ended(SandboxId id, Optional<EngineExit> known)
      throws IOException, InterruptedException {
    sandboxes.forget(id);
    Optional<EngineExit> exit = known.isPresent() ? known : awaitExit(id);
    String reason =
        exit.map(EngineExit::reason)
            .orElse("the sandbox was no longer running on its machine; its files are kept");
    LOGGER.atInfo().addKeyValue("sandboxId", id).addKeyValue("reason", reason).log("sandbox ended");
    // Releases what the engine left behind: network, mounts, cgroup.
    driver.kill(id);
    expectedStates.stopped(id, reason);
  }

  /// Waits for the exit status, which is known a moment after the end.
  private Optional<EngineExit> awaitExit(SandboxId id) throws InterruptedException {
    for (int attempt = 0; attempt < EXIT_ATTEMPTS_MAX; attempt++) {
      Optional<HostedDisk> disk = driver.inspect(id).map(SandboxUsage::disk);
      if (disk.isEmpty() || disk.get().exit().isPresent()) {
        return disk.flatMap(HostedDisk::exit);
      }
      Thread.sleep(EXIT_PAUSE);
    }
    return Optional.empty();
  }

  private void removeOrphan(SandboxId id) {
    LOGGER.atInfo().addKeyValue("sandboxId", id).log("orphan removed");
    sandboxes.forget(id);
    driver.deleteDisk(id);
  }

  private void stopUnwanted(SandboxId id, SandboxState state) {
    LOGGER
        .atInfo()
        .addKeyValue("sandboxId", id)
        .addKeyValue("state", state.wire())
        .log("sandbox stopped that should not run");
    sandboxes.forget(id);
    driver.kill(id);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
