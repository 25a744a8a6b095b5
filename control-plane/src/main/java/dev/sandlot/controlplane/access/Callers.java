package dev.sandlot.controlplane.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sandlot.controlplane.operation.Caller;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.model.OperationFailure;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells who a bearer token belongs to. Answers are kept for some seconds; a key that is revoked is
/// forgotten at once, by a signal. Thread-safe.
public final class Callers {
  /// Raised with a key's hash when the key is made, changed or revoked.
  static final String TOPIC = "key:";

  private static final Logger LOGGER = LoggerFactory.getLogger(Callers.class);
  private static final Duration KEPT = Duration.ofSeconds(10);
  private static final int KEPT_MAX = 10_000;
  private static final int TOKEN_LENGTH_MAX = 4096;
  private static final int LOOK_UPS_MAX = 8;
  private static final Duration TURN_WAIT_MAX = Duration.ofSeconds(5);

  private final KeyStore store;
  private final InstantSource clock;
  private final Signals signals;
  private final Semaphore turns = new Semaphore(LOOK_UPS_MAX, true);
  private final Cache<String, Optional<KeyStore.Holder>> holders =
      Caffeine.newBuilder().maximumSize(KEPT_MAX).expireAfterWrite(KEPT).build();

  public Callers(KeyStore store, Signals signals, InstantSource clock) {
    this.store = store;
    this.clock = clock;
    this.signals = signals;
    signals.subscribe(this::forget);
  }

  private void forget(String topic) {
    if (topic.startsWith(TOPIC)) {
      holders.invalidate(topic.substring(TOPIC.length()));
    } else if (topic.isEmpty()) {
      holders.invalidateAll();
    }
  }

  /// Calls this when a key is made, changed or revoked. It must be quick.
  public void onChange(Runnable listener) {
    signals.subscribe(topic -> {
      if (topic.startsWith(TOPIC)) {
        listener.run();
      }
    });
  }

  /// Who a token belongs to.
  ///
  /// @throws OperationFailure SERVICE_UNAVAILABLE when keys cannot be looked up now
  public Caller ofToken(String token) {
    if (token.isEmpty() || token.length() > TOKEN_LENGTH_MAX) {
      return new Caller.Anonymous();
    }
    Optional<KeyStore.Holder> holder = holders.get(new Secret(token).hash(), this::lookUp);
    return holder
        .filter(known -> known.expiresAt().map(clock.instant()::isBefore).orElse(true))
        .map(KeyStore.Holder::caller)
        .orElseGet(Caller.Anonymous::new);
  }

  /// Only so many at a time: keys that nobody has must not take all of the database's connections.
  private Optional<KeyStore.Holder> lookUp(String hash) {
    if (!turn()) {
      throw OperationFailure.unavailable(
          "too many keys are being checked now, try again in a moment");
    }
    try {
      Optional<KeyStore.Holder> holder = store.holder(hash);
      if (holder.map(KeyStore.Holder::caller).orElse(null) instanceof Caller.KeyHolder) {
        Thread.startVirtualThread(() -> noteUse(hash));
      }
      return holder;
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).log("cannot look up a key");
      throw OperationFailure.unavailable("keys cannot be checked now, try again in a moment");
    } finally {
      turns.release();
    }
  }

  private boolean turn() {
    try {
      return turns.tryAcquire(TURN_WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void noteUse(String hash) {
    try {
      store.used(hash, clock.instant());
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).log("cannot note that a key was used");
    }
  }

  /// The key that is this token.
  ///
  /// @throws OperationFailure UNAUTHORIZED when it is no user's
  ApiKey current(Optional<String> token) {
    return token
        .flatMap(text -> store.apiKey(new Secret(text).hash()))
        .orElseThrow(() -> OperationFailure.unauthorized("send a user's key"));
  }
}
