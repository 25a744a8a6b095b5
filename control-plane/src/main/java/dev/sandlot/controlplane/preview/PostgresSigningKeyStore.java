package dev.sandlot.controlplane.preview;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import java.time.Instant;
import java.util.Optional;

/// Signing keys in PostgreSQL.
final class PostgresSigningKeyStore {
  private final PostgresDatabase database;

  PostgresSigningKeyStore(PostgresDatabase database) {
    this.database = database;
  }

  Optional<SigningKey> find(SandboxId sandbox) {
    return database.single(handle ->
        handle
            .createQuery("SELECT key FROM signing_keys WHERE sandbox_id = :sandbox")
            .bind("sandbox", sandbox.value())
            .mapTo(String.class)
            .findOne()
            .map(SigningKey::new));
  }

  /// Gives the sandbox this key unless it has one.
  void insert(SandboxId sandbox, SigningKey key, Instant now) {
    database.single(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO signing_keys (sandbox_id, key, created_at)
                VALUES (:sandbox, :key, :now)
                ON CONFLICT (sandbox_id) DO NOTHING\
                """)
            .bind("sandbox", sandbox.value())
            .bind("key", key.text())
            .bind("now", Columns.time(now))
            .execute());
  }

  /// Gives the sandbox this key in place of the one it has.
  void replace(SandboxId sandbox, SigningKey key, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO signing_keys (sandbox_id, key, created_at)
                VALUES (:sandbox, :key, :now)
                ON CONFLICT (sandbox_id) DO UPDATE SET key = :key, created_at = :now\
                """)
            .bind("sandbox", sandbox.value())
            .bind("key", key.text())
            .bind("now", Columns.time(now))
            .execute());
  }
}
