package dev.sandlot.runner.sandbox;

import dev.sandlot.model.SandboxId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/// A lock for each sandbox, which also records when it was last held. Thread-safe.
final class SandboxLocks {
  private final Map<SandboxId, Entry> entries = new ConcurrentHashMap<>();
  private final AtomicLong clock = new AtomicLong();

  /// A held lock; closing it releases it.
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Entry {
    private final ReentrantLock lock = new ReentrantLock(true);
    private volatile long heldAt;
  }

  /// Waits for a sandbox's lock.
  Held lock(SandboxId id) throws InterruptedException {
    Entry entry = entries.computeIfAbsent(id, _ -> new Entry());
    entry.lock.lockInterruptibly();
    return held(entry);
  }

  /// The current logical time, for {@link #lockIfUnchanged}.
  long mark() {
    return clock.incrementAndGet();
  }

  /// Takes a sandbox's lock if nobody has held it since the mark, so that what was read then is
  /// still true. Does not wait.
  Optional<Held> lockIfUnchanged(SandboxId id, long mark) {
    Entry entry = entries.computeIfAbsent(id, _ -> new Entry());
    if (!entry.lock.tryLock()) {
      return Optional.empty();
    }
    if (entry.heldAt >= mark) {
      entry.lock.unlock();
      return Optional.empty();
    }
    return Optional.of(held(entry));
  }

  /// Removes the lock of a sandbox that was destroyed.
  void forget(SandboxId id) {
    entries.remove(id);
  }

  private Held held(Entry entry) {
    return () -> {
      entry.heldAt = clock.get();
      entry.lock.unlock();
    };
  }
}
