package dev.sandlot.toolbox.interpreter;

import dev.sandlot.model.SandboxId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/// Who waits for which context; one execution at a time has it, first come, first served.
/// Thread-safe.
final class ContextQueues {
  private final int queueMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Deque<Place>> queues = new HashMap<>();

  ContextQueues(int queueMax) {
    this.queueMax = queueMax;
  }

  private record Key(SandboxId sandbox, String context) {}

  /// A place in a queue. It is left once, by whoever has it at the time.
  final class Place {
    private final Key key;
    private final CompletableFuture<Boolean> turn = new CompletableFuture<>();

    private Place(Key key) {
      this.key = key;
    }

    /// Waits for its turn.
    ///
    /// @return false when it was given up before
    boolean await() {
      return turn.join();
    }

    /// Leaves the queue, unless its turn has come already.
    void giveUp() {
      if (turn.complete(false)) {
        leave();
      }
    }

    /// Lets the next one have its turn.
    void leave() {
      lock.lock();
      try {
        Deque<Place> queue = queues.getOrDefault(key, new ArrayDeque<>());
        queue.remove(this);
        // One that is being given up stays behind until it has left too, and passes the turn on.
        while (!queue.isEmpty() && !queue.peekFirst().begin()) {
          queue.removeFirst();
        }
        if (queue.isEmpty()) {
          queues.remove(key);
        }
      } finally {
        lock.unlock();
      }
    }

    /// @return whether it has its turn now or had it before
    private boolean begin() {
      turn.complete(true);
      return turn.join();
    }
  }

  /// Takes the last place.
  ///
  /// @return empty when too many wait
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
        place.begin();
      }
      return Optional.of(place);
    } finally {
      lock.unlock();
    }
  }
}
