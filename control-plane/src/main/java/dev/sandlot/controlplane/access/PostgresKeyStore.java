package dev.sandlot.controlplane.access;

import dev.sandlot.controlplane.operation.Caller;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/// Keys in PostgreSQL.
public final class PostgresKeyStore implements KeyStore {
  private final PostgresDatabase database;

  public PostgresKeyStore(PostgresDatabase database) {
    this.database = database;
  }

  @Override
  public Optional<Holder> holder(String hash) {
    Optional<Holder> user =
        database.single(handle ->
            handle
                .createQuery(
                    """
                    SELECT k.*, u.system_role = 'admin' AS admin
                    FROM api_keys k JOIN users u ON u.id = k.user_id
                    WHERE k.hash = :hash\
                    """)
                .bind("hash", hash)
                .map((row, _) -> holder(row))
                .findOne());
    return user.isPresent() ? user : machine(hash);
  }

  private static Holder holder(ResultSet row) throws SQLException {
    ApiKey key = key(row);
    return new Holder(
        new Caller.KeyHolder(
            key.organization(), key.user(), key.name(), key.permissions(), row.getBoolean("admin")),
        key.expiresAt());
  }

  private Optional<Holder> machine(String hash) {
    return database.single(handle ->
        handle
            .createQuery("SELECT kind, runner_id FROM machine_keys WHERE hash = :hash")
            .bind("hash", hash)
            .map((row, _) -> new Holder(machine(row), Optional.empty()))
            .findOne());
  }

  private static Caller machine(ResultSet row) throws SQLException {
    return switch (MachineKind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT))) {
      case RUNNER -> new Caller.Runner(new RunnerId(Columns.uuid(row, "runner_id")));
      case PROXY -> new Caller.Proxy();
      case HEALTH -> new Caller.HealthProbe();
    };
  }

  @Override
  public Optional<ApiKey> apiKey(String hash) {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM api_keys WHERE hash = :hash")
            .bind("hash", hash)
            .map((row, _) -> key(row))
            .findOne());
  }

  @Override
  public List<ApiKey> apiKeys(OrganizationId organization) {
    return database.single(handle ->
        handle
            .createQuery(
                "SELECT * FROM api_keys WHERE organization_id = :organization ORDER BY name")
            .bind("organization", organization.value())
            .map((row, _) -> key(row))
            .list());
  }

  @Override
  public boolean insert(ApiKey key) {
    return database.query(handle -> {
      database.raise(Callers.TOPIC + key.hash());
      return handle
              .createUpdate(
                  """
                  INSERT INTO api_keys (organization_id, user_id, name, hash, prefix, suffix,
                    permissions, created_at, expires_at)
                  VALUES (:organization, :user, :name, :hash, :prefix, :suffix,
                    string_to_array(:permissions, ','), :now, :expires)
                  ON CONFLICT DO NOTHING\
                  """)
              .bind("organization", key.organization().value())
              .bind("user", key.user().value())
              .bind("name", key.name())
              .bind("hash", key.hash())
              .bind("prefix", key.prefix())
              .bind("suffix", key.suffix())
              .bind(
                  "permissions",
                  key.permissions().stream()
                      .map(Permission::wire)
                      .sorted()
                      .collect(Collectors.joining(",")))
              .bind("now", Columns.time(key.createdAt()))
              .bind("expires", key.expiresAt().map(Columns::time).orElse(null))
              .execute()
          == 1;
    });
  }

  @Override
  public Optional<String> delete(OrganizationId organization, UserId user, String name) {
    return database.query(handle -> {
      Optional<String> hash =
          handle
              .createQuery(
                  """
                  DELETE FROM api_keys
                  WHERE organization_id = :organization AND user_id = :user AND name = :name
                  RETURNING hash\
                  """)
              .bind("organization", organization.value())
              .bind("user", user.value())
              .bind("name", name)
              .mapTo(String.class)
              .findOne();
      hash.ifPresent(text -> database.raise(Callers.TOPIC + text));
      return hash;
    });
  }

  @Override
  public void used(String hash, Instant now) {
    database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createUpdate("UPDATE api_keys SET last_used_at = :now WHERE hash = :hash")
                .bind("hash", hash)
                .bind("now", Columns.time(now))
                .execute()));
  }

  @Override
  public void putMachineKey(
      String name, MachineKind kind, Optional<RunnerId> runner, String hash, Instant now) {
    database.query(handle -> {
      handle
          .createQuery("SELECT hash FROM machine_keys WHERE name = :name")
          .bind("name", name)
          .mapTo(String.class)
          .findOne()
          .ifPresent(old -> database.raise(Callers.TOPIC + old));
      database.raise(Callers.TOPIC + hash);
      return handle
          .createUpdate(
              """
              INSERT INTO machine_keys (name, kind, runner_id, hash, created_at)
              VALUES (:name, :kind, CAST(:runner AS uuid), :hash, :now)
              ON CONFLICT (name) DO UPDATE
                SET hash = excluded.hash, kind = excluded.kind, runner_id = excluded.runner_id\
              """)
          .bind("name", name)
          .bind("kind", kind.name().toLowerCase(Locale.ROOT))
          .bind("runner", runner.map(RunnerId::value).orElse(null))
          .bind("hash", hash)
          .bind("now", Columns.time(now))
          .execute();
    });
  }

  @Override
  public boolean hasMachineKey(String name) {
    return database.single(handle ->
        handle
            .createQuery("SELECT EXISTS (SELECT FROM machine_keys WHERE name = :name)")
            .bind("name", name)
            .mapTo(Boolean.class)
            .one());
  }

  @Override
  public void retainRunnerKeys(Collection<RunnerId> runners) {
    database.query(handle -> {
      List<String> removed =
          handle
              .createQuery(
                  """
                  DELETE FROM machine_keys WHERE kind = 'runner' AND runner_id <> ALL(:known)
                  RETURNING hash\
                  """)
              .bindArray("known", UUID.class, runners.stream().map(RunnerId::value).toList())
              .mapTo(String.class)
              .list();
      removed.forEach(hash -> database.raise(Callers.TOPIC + hash));
      return removed;
    });
  }

  private static ApiKey key(ResultSet row) throws SQLException {
    return new ApiKey(
        new OrganizationId(Columns.uuid(row, "organization_id")),
        new UserId(Columns.uuid(row, "user_id")),
        row.getString("name"),
        row.getString("hash"),
        row.getString("prefix"),
        row.getString("suffix"),
        permissions(row.getArray("permissions")),
        Columns.instant(row, "created_at"),
        Columns.instantIfAny(row, "last_used_at"),
        Columns.instantIfAny(row, "expires_at"));
  }

  private static Set<Permission> permissions(Array array) throws SQLException {
    return Arrays.stream((String[]) array.getArray())
        .flatMap(wire -> Permission.parse(wire).stream())
        .collect(Collectors.toUnmodifiableSet());
  }
}
