package dev.sandlot.toolbox.warm;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.HeldRun;
import dev.sandlot.toolbox.program.ScriptProcess;
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

/// Pools of waiting processes, one pool for each sandbox. They only save time: a call that finds
/// none starts a fresh process. Thread-safe.
public final class WarmProcesses {
  private static final Logger LOGGER = LoggerFactory.getLogger(WarmProcesses.class);

  private static final Duration STARTING_MAX = Duration.ofSeconds(2);

  private final WarmLimits limits;
  private final Map<RunningSandbox, Pool> pools = new ConcurrentHashMap<>();

  public WarmProcesses(WarmLimits limits) {
    this.limits = limits;
  }

  /// A waiting process, with the state of its installation when it was started.
  private record Warm(HeldRun run, Installation installation) {}

  /// Takes a waiting process out of the pool; empty when there is none, or it is out of date.
  public Optional<HeldRun> take(RunningSandbox sandbox, WarmProgram program)
      throws InterruptedException {
    Pool pool = pools.computeIfAbsent(sandbox, Pool::new);
    pool.use();
    Optional<Warm> warm = pool.take(program);
    if (warm.isPresent() && !upToDate(sandbox, warm.get())) {
      warm.get().run().close();
      pool.discard();
      return Optional.empty();
    }
    return warm.map(Warm::run);
  }

  /// Starts a process for the next call, in the background, unless that call follows at once. To be
  /// called when a call is over, so as not to slow it down.
  public void replenish(RunningSandbox sandbox, WarmProgram program) {
    Pool pool = pools.get(sandbox);
    if (pool != null) {
      Thread.ofVirtual().name("warm-start").start(() -> pool.startAfterPause(program));
    }
  }

  private static boolean upToDate(RunningSandbox sandbox, Warm warm) throws InterruptedException {
    try {
      return warm.run().waiting()
          && warm.installation().refreshed(sandbox.agent()).equals(warm.installation());
    } catch (AgentFailure _) {
      return false;
    }
  }

  /// Ends the waiting processes of a sandbox: the environment they inherited is out of date.
  public void discard(RunningSandbox sandbox) {
    Pool pool = pools.get(sandbox);
    if (pool != null) {
      pool.discard();
    }
  }

  /// The waiting processes of one sandbox.
  private final class Pool {
    private final RunningSandbox sandbox;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition used = lock.newCondition();
    private final Condition startFinished = lock.newCondition();
    private final Set<WarmProgram> claimed = new HashSet<>();
    private final Map<WarmProgram, Deque<Warm>> waiting = new HashMap<>();
    private final Map<WarmProgram, Installation> installations = new HashMap<>();
    private final Set<WarmProgram> starting = new HashSet<>();
    private final Map<WarmProgram, Long> calls = new HashMap<>();
    private long generation;
    private boolean active;

    Pool(RunningSandbox sandbox) {
      this.sandbox = sandbox;
    }

    /// Restarts the idle time.
    void use() {
      lock.lock();
      try {
        used.signalAll();
        if (!active) {
          active = true;
          Thread.ofVirtual().name("warm-idle").start(this::discardWhenIdle);
        }
      } finally {
        lock.unlock();
      }
    }

    /// Takes a waiting process. One caller may wait for a process that is being started: it will be
    /// ready before a fresh one.
    Optional<Warm> take(WarmProgram program) throws InterruptedException {
      lock.lock();
      try {
        calls.merge(program, 1L, Long::sum);
        long left = STARTING_MAX.toNanos();
        if (isStarting(program) && claimed.add(program)) {
          try {
            while (isStarting(program) && left > 0) {
              left = startFinished.awaitNanos(left);
            }
          } finally {
            claimed.remove(program);
          }
        }
        return Optional.ofNullable(waiting.getOrDefault(program, new ArrayDeque<>()).poll());
      } finally {
        lock.unlock();
      }
    }

    private boolean isStarting(WarmProgram program) {
      return waiting.getOrDefault(program, new ArrayDeque<>()).isEmpty()
          && starting.contains(program)
          && installations.containsKey(program);
    }

    void startAfterPause(WarmProgram program) {
      long before = calls(program);
      try {
        Thread.sleep(limits.pause());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
      if (calls(program) == before) {
        startOne(program);
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

    private void startOne(WarmProgram program) {
      long generationBefore;
      lock.lock();
      try {
        int count = waiting.getOrDefault(program, new ArrayDeque<>()).size();
        if (!active || count >= limits.perProgram() || !starting.add(program)) {
          return;
        }
        generationBefore = generation;
      } finally {
        lock.unlock();
      }
      Optional<Warm> started = start(program);
      lock.lock();
      try {
        starting.remove(program);
        startFinished.signalAll();
        if (started.isPresent() && generationBefore == generation && active) {
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
        Installation installation = installation(program);
        return Optional.of(
            new Warm(
                sandbox.agent().hold(program.command(), ScriptProcess.DESCRIPTOR), installation));
      } catch (AgentFailure | IOException e) {
        LOGGER
            .atDebug()
            .setCause(e)
            .addKeyValue("sandboxId", sandbox.id())
            .log("process not started ahead");
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
      return Optional.empty();
    }

    /// The state of the installation at some time before now. That is enough: a change since then
    /// is noticed when the process is taken.
    private Installation installation(WarmProgram program)
        throws IOException, InterruptedException {
      long generationBefore;
      lock.lock();
      try {
        Installation installation = installations.get(program);
        if (installation != null) {
          return installation;
        }
        generationBefore = generation;
      } finally {
        lock.unlock();
      }
      Installation found = Installation.of(sandbox.agent(), program.links(sandbox.agent()));
      lock.lock();
      try {
        if (generationBefore == generation) {
          installations.put(program, found);
        }
      } finally {
        lock.unlock();
      }
      return found;
    }

    void discard() {
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

    /// Waits until the pool has not been used for the idle time, then ends its processes.
    private void discardWhenIdle() {
      lock.lock();
      try {
        while (used.await(limits.idleMax().toMillis(), TimeUnit.MILLISECONDS)) {
          // The pool was used.
        }
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } finally {
        active = false;
        discard();
        pools.remove(sandbox, this);
        lock.unlock();
      }
    }
  }
}
