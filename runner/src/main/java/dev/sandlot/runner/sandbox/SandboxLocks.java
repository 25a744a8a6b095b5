package dev.sandlot.runner.sandbox;

import dev.sandlot.model.SandboxId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/// One operation on a sandbox at a time, and a way to tell that one has happened since.
/// Thread-safe.
final class SandboxLocks {
  private final Map<SandboxId, Entry> entries = new ConcurrentHashMap<>();
  private final AtomicLong clock = new AtomicLong();

  /// A held lock; closing it gives it back.
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Entry {
    private final ReentrantLock lock = new ReentrantLock(true);
    private volatile long touchedAt;
  }

  /// Waits for a sandbox's lock.
  Held hold(SandboxId id) throws InterruptedException {
    Entry entry = entries.computeIfAbsent(id, _ -> new Entry());
    entry.lock.lockInterruptibly();
    return held(entry);
  }

  /// A mark in time, for {@link #holdUntouched}.
  long mark() {
    return clock.incrementAndGet();
  }

  /// Takes a sandbox's lock if nobody has held it since the mark: what was seen then is still so.
  Optional<Held> holdUntouched(SandboxId id, long mark) {
    Entry entry = entries.computeIfAbsent(id, _ -> new Entry());
    if (!entry.lock.tryLock()) {
      return Optional.empty();
    }
    if (entry.touchedAt >= mark) {
      entry.lock.unlock();
      return Optional.empty();
    }
    return Optional.of(held(entry));
  }

  /// Drops what is kept of a sandbox that is gone.
  void forget(SandboxId id) {
    entries.remove(id);
  }

  private Held held(Entry entry) {
    return () -> {
      entry.touchedAt = clock.get();
      entry.lock.unlock();
    };
  }
}
