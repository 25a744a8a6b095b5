package dev.sandlot.controlplane.platform;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Wakes who waits for a change, in place of polling. A signal carries no news, only "look again",
/// so a lost or doubled one does no harm beside a timer. Thread-safe.
public final class Signals {
  private final ConcurrentHashMap<String, Set<Watch>> watches = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Consumer<String>> subscribers = new CopyOnWriteArrayList<>();

  /// Starts to watch a topic. Begin before looking at the state, so that no change slips between.
  public Watch watch(String topic) {
    Watch watch = new Watch(topic);
    watches.compute(
        topic,
        (_, present) -> {
          Set<Watch> all = present == null ? ConcurrentHashMap.newKeySet() : present;
          all.add(watch);
          return all;
        });
    return watch;
  }

  /// Calls this for every signal, on the thread that raised it; it must be quick.
  public void subscribe(Consumer<String> subscriber) {
    subscribers.add(subscriber);
  }

  /// Wakes all who watch the topic.
  public void raise(String topic) {
    subscribers.forEach(subscriber -> subscriber.accept(topic));
    for (Watch watch : watches.getOrDefault(topic, Set.of())) {
      watch.changes.release();
    }
  }

  /// Wakes everyone: signals may have been missed.
  void raiseAll() {
    subscribers.forEach(subscriber -> subscriber.accept(""));
    watches.values().forEach(all -> all.forEach(watch -> watch.changes.release()));
  }

  /// One who waits. Used by one thread.
  public final class Watch implements AutoCloseable {
    private final String topic;
    private final Semaphore changes = new Semaphore(0);

    private Watch(String topic) {
      this.topic = topic;
    }

    /// Waits for a signal since the last call (or since the watch began).
    ///
    /// @return false when the time passed without one
    public boolean await(Duration longest) throws InterruptedException {
      boolean woken = changes.tryAcquire(longest.toNanos(), TimeUnit.NANOSECONDS);
      changes.drainPermits();
      return woken;
    }

    @Override
    public void close() {
      watches.computeIfPresent(
          topic,
          (_, all) -> {
            all.remove(this);
            return all.isEmpty() ? null : all;
          });
    }
  }
}
