package dev.sandlot.toolbox.lsp;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// One call at a time for each server. What nobody waits for is not kept. Thread-safe.
final class Turns {
  private final Map<ServerAddress, Place> places = new HashMap<>();

  /// Somebody's turn; closing it gives it to the next. Closed by the thread that took it.
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Place {
    private final ReentrantLock lock = new ReentrantLock(true);
    private int users;
  }

  /// Waits for a turn; empty when it has not come within the limit.
  Optional<Turn> take(ServerAddress address, Duration limit) throws InterruptedException {
    Place place = enter(address);
    boolean taken = false;
    try {
      taken = place.lock.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      if (!taken) {
        leave(address, place);
      }
    }
    return taken
        ? Optional.of(() -> {
          place.lock.unlock();
          leave(address, place);
        })
        : Optional.empty();
  }

  private Place enter(ServerAddress address) {
    synchronized (places) {
      Place place = places.computeIfAbsent(address, _ -> new Place());
      place.users++;
      return place;
    }
  }

  private void leave(ServerAddress address, Place place) {
    synchronized (places) {
      place.users--;
      if (place.users == 0) {
        places.remove(address, place);
      }
    }
  }
}
