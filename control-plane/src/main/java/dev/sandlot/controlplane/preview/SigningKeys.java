package dev.sandlot.controlplane.preview;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// The keys with which clients sign URLs of files, one a sandbox. Thread-safe.
final class SigningKeys {
  /// Raised with a sandbox's id when its key is made or replaced.
  static final String TOPIC = "signing-key:";

  /// A change is signalled; this bounds what a lost one costs.
  private static final Duration KEPT = Duration.ofSeconds(5);

  private static final int KEPT_MAX = 20_000;

  private final PostgresDatabase database;
  private final PostgresSigningKeyStore store;
  private final InstantSource clock;
  private final Cache<SandboxId, Optional<SigningKey>> kept =
      Caffeine.newBuilder().expireAfterWrite(KEPT).maximumSize(KEPT_MAX).build();

  SigningKeys(PostgresDatabase database, Signals signals, InstantSource clock) {
    this.database = database;
    this.store = new PostgresSigningKeyStore(database);
    this.clock = clock;
    signals.subscribe(this::forget);
  }

  private void forget(String topic) {
    if (topic.isEmpty()) {
      kept.invalidateAll();
    } else if (topic.startsWith(TOPIC)) {
      SandboxId.parse(topic.substring(TOPIC.length())).ifPresent(kept::invalidate);
    }
  }

  /// Empty when nobody has asked for one, so that nothing can have been signed.
  Optional<SigningKey> find(SandboxId sandbox) {
    return kept.get(sandbox, store::find);
  }

  /// The sandbox's key, made now if it has none.
  SigningKey ensure(SandboxId sandbox) {
    return find(sandbox)
        .orElseGet(() ->
            database.run(() -> {
              store.insert(sandbox, SigningKey.random(), clock.instant());
              database.raise(TOPIC + sandbox);
              return store.find(sandbox).orElseThrow();
            }));
  }

  /// Gives the sandbox a new key: whatever was signed before is void when this returns.
  SigningKey rotate(SandboxId sandbox) {
    SigningKey key = SigningKey.random();
    return database.run(() -> {
      store.replace(sandbox, key, clock.instant());
      database.raise(TOPIC + sandbox);
      return key;
    });
  }
}
