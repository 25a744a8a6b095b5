package dev.sandlot.toolbox.lsp;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// A fair lock for each server, removed when nobody uses it. Thread-safe.
final class ServerLocks {
  private final Map<ServerAddress, Entry> entries = new HashMap<>();

  /// A held lock, to be closed by the thread that acquired it.
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Entry {
    private final ReentrantLock lock = new ReentrantLock(true);
    private int users;
  }

  /// Waits for a lock; empty when it was not acquired within the limit.
  Optional<Held> acquire(ServerAddress address, Duration limit) throws InterruptedException {
    Entry entry = addUser(address);
    boolean acquired = false;
    try {
      acquired = entry.lock.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      if (!acquired) {
        removeUser(address, entry);
      }
    }
    return acquired
        ? Optional.of(() -> {
          entry.lock.unlock();
          removeUser(address, entry);
        })
        : Optional.empty();
  }

  private Entry addUser(ServerAddress address) {
    synchronized (entries) {
      Entry entry = entries.computeIfAbsent(address, _ -> new Entry());
      entry.users++;
      return entry;
    }
  }

  private void removeUser(ServerAddress address, Entry entry) {
    synchronized (entries) {
      entry.users--;
      if (entry.users == 0) {
        entries.remove(address, entry);
      }
    }
  }
}
