package dev.sandlot.toolbox.warm;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.HeldRun;
import dev.sandlot.toolbox.program.FedProgram;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The processes that wait in the sandboxes of this machine. They are an advance and no state: a
/// call that finds none starts a fresh one. Thread-safe.
public final class WarmProcesses {
  private static final Logger LOGGER = LoggerFactory.getLogger(WarmProcesses.class);

  private static final Duration STARTING_MAX = Duration.ofSeconds(2);

  private final WarmLimits limits;
  private final Map<RunningSandbox, Shelf> shelves = new ConcurrentHashMap<>();

  public WarmProcesses(WarmLimits limits) {
    this.limits = limits;
  }

  /// A process that waits, with what its installation was like when it was started.
  private record Warm(HeldRun run, Installation installation) {}

  /// A process that waits, if there is one and a fresh one would be the same.
  public Optional<HeldRun> take(RunningSandbox sandbox, WarmProgram program)
      throws InterruptedException {
    Shelf shelf = shelves.computeIfAbsent(sandbox, Shelf::new);
    shelf.keep();
    Optional<Warm> warm = shelf.take(program);
    if (warm.isPresent() && !same(sandbox, warm.get())) {
      warm.get().run().close();
      shelf.empty();
      return Optional.empty();
    }
    return warm.map(Warm::run);
  }

  /// Starts what will be needed next, in the background and unless the next call comes at once. To
  /// be called when a call is over: what it does shall not be slowed down.
  public void replenish(RunningSandbox sandbox, WarmProgram program) {
    Shelf shelf = shelves.get(sandbox);
    if (shelf != null) {
      Thread.ofVirtual().name("warm-start").start(() -> shelf.fillAfterPause(program));
    }
  }

  private static boolean same(RunningSandbox sandbox, Warm warm) throws InterruptedException {
    try {
      return warm.run().waiting()
          && warm.installation().again(sandbox.agent()).equals(warm.installation());
    } catch (AgentFailure _) {
      return false;
    }
  }

  /// Ends all that waits in a sandbox: what they have inherited no longer holds.
  public void discard(RunningSandbox sandbox) {
    Shelf shelf = shelves.get(sandbox);
    if (shelf != null) {
      shelf.empty();
    }
  }

  /// What waits in one sandbox.
  private final class Shelf {
    private final RunningSandbox sandbox;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition used = lock.newCondition();
    private final Condition filled = lock.newCondition();
    private final Set<WarmProgram> awaited = new HashSet<>();
    private final Map<WarmProgram, Deque<Warm>> waiting = new HashMap<>();
    private final Map<WarmProgram, Installation> installations = new HashMap<>();
    private final Set<WarmProgram> filling = new HashSet<>();
    private final Map<WarmProgram, Long> calls = new HashMap<>();
    private long generation;
    private boolean watched;

    Shelf(RunningSandbox sandbox) {
      this.sandbox = sandbox;
    }

    /// Something is asked for: what waits may wait on.
    void keep() {
      lock.lock();
      try {
        used.signalAll();
        if (!watched) {
          watched = true;
          Thread.ofVirtual().name("warm-watch").start(this::watch);
        }
      } finally {
        lock.unlock();
      }
    }

    /// One that is being started is waited for, by one caller: it is ahead of a fresh one.
    Optional<Warm> take(WarmProgram program) throws InterruptedException {
      lock.lock();
      try {
        calls.merge(program, 1L, Long::sum);
        long left = STARTING_MAX.toNanos();
        if (comes(program) && awaited.add(program)) {
          try {
            while (comes(program) && left > 0) {
              left = filled.awaitNanos(left);
            }
          } finally {
            awaited.remove(program);
          }
        }
        return Optional.ofNullable(waiting.getOrDefault(program, new ArrayDeque<>()).poll());
      } finally {
        lock.unlock();
      }
    }

    private boolean comes(WarmProgram program) {
      return waiting.getOrDefault(program, new ArrayDeque<>()).isEmpty()
          && filling.contains(program)
          && installations.containsKey(program);
    }

    void fillAfterPause(WarmProgram program) {
      long before = calls(program);
      try {
        Thread.sleep(limits.pause());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
      if (calls(program) == before) {
        fill(program);
      }
    }

    private long calls(WarmProgram program) {
      lock.lock();
      try {
        return calls.getOrDefault(program, 0L);
      } finally {
        lock.unlock();
      }
    }

    private void fill(WarmProgram program) {
      long begun;
      lock.lock();
      try {
        int there = waiting.getOrDefault(program, new ArrayDeque<>()).size();
        if (!watched || there >= limits.perProgram() || !filling.add(program)) {
          return;
        }
        begun = generation;
      } finally {
        lock.unlock();
      }
      Optional<Warm> started = start(program);
      lock.lock();
      try {
        filling.remove(program);
        filled.signalAll();
        if (started.isPresent() && begun == generation && watched) {
          waiting.computeIfAbsent(program, _ -> new ArrayDeque<>()).add(started.get());
          return;
        }
      } finally {
        lock.unlock();
      }
      started.ifPresent(warm -> warm.run().close());
    }

    private Optional<Warm> start(WarmProgram program) {
      try {
        Installation installation = known(program);
        return Optional.of(
            new Warm(sandbox.agent().hold(program.command(), FedProgram.DESCRIPTOR), installation));
      } catch (AgentFailure | IOException e) {
        LOGGER.atDebug().setCause(e).addKeyValue("sandboxId", sandbox.id()).log("nothing warmed");
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      return Optional.empty();
    }

    /// What the installation was like at some time before now, which is all that is needed: any
    /// change since then shows when the process is to be used.
    private Installation known(WarmProgram program) throws IOException, InterruptedException {
      long begun;
      lock.lock();
      try {
        Installation known = installations.get(program);
        if (known != null) {
          return known;
        }
        begun = generation;
      } finally {
        lock.unlock();
      }
      Installation found = Installation.of(sandbox.agent(), program.links(sandbox.agent()));
      lock.lock();
      try {
        if (begun == generation) {
          installations.put(program, found);
        }
      } finally {
        lock.unlock();
      }
      return found;
    }

    void empty() {
      lock.lock();
      try {
        generation++;
        waiting.values().forEach(all -> all.forEach(warm -> warm.run().close()));
        waiting.clear();
        installations.clear();
      } finally {
        lock.unlock();
      }
    }

    /// Ends everything once nothing has been asked for long enough.
    private void watch() {
      lock.lock();
      try {
        while (used.await(limits.idleMax().toMillis(), TimeUnit.MILLISECONDS)) {
          // Somebody asked.
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } finally {
        watched = false;
        empty();
        shelves.remove(sandbox, this);
        lock.unlock();
      }
    }
  }
}
