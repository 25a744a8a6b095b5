package dev.sandlot.proxy.access;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The requests, tunnels and WebSockets that were let in and are still open. Whoever would not be
/// let in any more is ended, as soon as the directory reports a change. Thread-safe.
public final class OpenPassages {
  private static final Logger LOGGER = LoggerFactory.getLogger(OpenPassages.class);

  private final Map<SandboxId, Set<Open>> all = new ConcurrentHashMap<>();
  private final LongSupplier changes;
  private final int anonymousMax;

  /// @param changes counts what may change who is let in
  /// @param anonymousMax how many may be open at once to one sandbox of those whom nobody knows
  public OpenPassages(LongSupplier changes, int anonymousMax) {
    this.changes = changes;
    this.anonymousMax = anonymousMax;
  }

  /// How many changes there have been; to be asked before somebody is let in.
  public long changes() {
    return changes.getAsLong();
  }

  /// Notes somebody who was let in, until he is closed.
  ///
  /// @param before what {@link #changes} was before he was
  /// @param admission lets him in again
  /// @param end ends him from another thread
  /// @throws HttpFailure when he would not be let in now, or too many are
  public Open enter(Grant grant, long before, Admission admission, Runnable end) {
    Open open = new Open(grant, admission, end);
    all.compute(
        grant.id(),
        (_, present) -> {
          Set<Open> others = present == null ? ConcurrentHashMap.newKeySet() : present;
          if (grant.anonymous()
              && others.stream().filter(other -> other.grant.anonymous()).count() >= anonymousMax) {
            throw new HttpFailure(
                503, "", "this sandbox has too many visitors at the moment; try again");
          }
          others.add(open);
          return others;
        });
    try {
      if (changes() != before) {
        admission.again();
      }
    } catch (RuntimeException e) {
      open.close();
      throw e;
    }
    return open;
  }

  /// Ends those who would not be let in any more.
  ///
  /// @param id whose visitors are looked at; empty for everybody's
  public void look(Optional<SandboxId> id) {
    List<Open> open = new ArrayList<>();
    if (id.isPresent()) {
      open.addAll(all.getOrDefault(id.get(), Set.of()));
    } else {
      all.values().forEach(open::addAll);
    }
    if (!open.isEmpty()) {
      Thread.ofVirtual().name("passages").start(() -> open.forEach(OpenPassages::look));
    }
  }

  private static void look(Open open) {
    try {
      open.admission.again();
    } catch (OperationFailure failure) {
      // 5xx: it cannot be told now, and the next look will.
      if (HttpFailure.of(failure).status() < 500) {
        open.end.run();
      }
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).log("an open connection could not be checked");
    }
  }

  /// Lets somebody in again, or refuses him.
  public interface Admission {
    /// @throws HttpFailure when he is refused
    void again();
  }

  /// Somebody who was let in. Compared by identity.
  public final class Open implements AutoCloseable {
    private final Grant grant;
    private final Admission admission;
    private final Runnable end;

    private Open(Grant grant, Admission admission, Runnable end) {
      this.grant = grant;
      this.admission = admission;
      this.end = end;
    }

    @Override
    public void close() {
      all.computeIfPresent(
          grant.id(),
          (_, open) -> {
            open.remove(this);
            return open.isEmpty() ? null : open;
          });
    }
  }
}
