package dev.sandlot.controlplane.preview;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.SandboxId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Signed preview tokens in PostgreSQL.
final class PostgresSignedTokenStore {
  private final PostgresDatabase database;

  PostgresSignedTokenStore(PostgresDatabase database) {
    this.database = database;
  }

  /// Also forgets those that have expired, so that they do not pile up.
  void insert(String token, SandboxId sandbox, int port, Instant now, Duration life) {
    database.query(handle -> {
      handle
          .createUpdate("DELETE FROM signed_preview_tokens WHERE expires_at < :now")
          .bind("now", Columns.time(now))
          .execute();
      return handle
          .createUpdate(
              """
              INSERT INTO signed_preview_tokens (token, sandbox_id, port, expires_at)
              VALUES (:token, :sandbox, :port, :expires)\
              """)
          .bind("token", token)
          .bind("sandbox", sandbox.value())
          .bind("port", port)
          .bind("expires", Columns.time(now.plus(life)))
          .execute();
    });
  }

  Optional<Previews.Signed> find(String token, Instant now) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT sandbox_id, port, expires_at FROM signed_preview_tokens
                WHERE token = :token AND expires_at > :now\
                """)
            .bind("token", token)
            .bind("now", Columns.time(now))
            .map((row, _) ->
                new Previews.Signed(
                    new SandboxId(row.getObject("sandbox_id", UUID.class)),
                    row.getInt("port"),
                    Columns.instant(row, "expires_at")))
            .findOne());
  }

  void delete(SandboxId sandbox, int port, String token) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                DELETE FROM signed_preview_tokens
                WHERE sandbox_id = :sandbox AND port = :port AND token = :token\
                """)
            .bind("sandbox", sandbox.value())
            .bind("port", port)
            .bind("token", token)
            .execute());
  }
}
