package dev.sandlot.toolbox.interpreter;

import dev.sandlot.model.SandboxId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/// A queue of executions for each context: one runs at a time, in the order of arrival.
/// Thread-safe.
final class ContextQueues {
  private final int queueMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Deque<Place>> queues = new HashMap<>();

  ContextQueues(int queueMax) {
    this.queueMax = queueMax;
  }

  private record Key(SandboxId sandbox, String context) {}

  /// A place in a queue. To be left exactly once: by {@link #cancel} while waiting, by {@link
  /// #leave} afterwards.
  final class Place {
    private final Key key;
    private final CompletableFuture<Boolean> granted = new CompletableFuture<>();

    private Place(Key key) {
      this.key = key;
    }

    /// Waits until this place is the first.
    ///
    /// @return false when it was cancelled before
    boolean await() {
      return granted.join();
    }

    /// Leaves the queue, unless this place has become the first.
    void cancel() {
      if (granted.complete(false)) {
        leave();
      }
    }

    /// Leaves the queue and wakes the next place.
    void leave() {
      lock.lock();
      try {
        Deque<Place> queue = queues.getOrDefault(key, new ArrayDeque<>());
        queue.remove(this);
        // Skips places that are being cancelled at the same time.
        while (!queue.isEmpty() && !queue.peekFirst().grant()) {
          queue.removeFirst();
        }
        if (queue.isEmpty()) {
          queues.remove(key);
        }
      } finally {
        lock.unlock();
      }
    }

    /// @return false when it was cancelled
    private boolean grant() {
      granted.complete(true);
      return granted.join();
    }
  }

  /// Appends a place.
  ///
  /// @return empty when the queue is full
  Optional<Place> join(SandboxId sandbox, String context) {
    lock.lock();
    try {
      Key key = new Key(sandbox, context);
      Deque<Place> queue = queues.computeIfAbsent(key, _ -> new ArrayDeque<>());
      if (queue.size() > queueMax) {
        return Optional.empty();
      }
      Place place = new Place(key);
      queue.add(place);
      if (queue.size() == 1) {
        place.grant();
      }
      return Optional.of(place);
    } finally {
      lock.unlock();
    }
  }
}
