package dev.sandlot.controlplane.access;

import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Makes and revokes keys. Thread-safe.
public final class ApiKeys {
  private static final int NAME_LENGTH_MAX = 255;

  private final KeyStore store;
  private final InstantSource clock;

  public ApiKeys(KeyStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /// Makes a user's key.
  ///
  /// @param expiresAt empty: never
  /// @return the key in the clear, which is nowhere else
  /// @throws OperationFailure CONFLICT when the user has one of that name in the organisation
  public Secret create(
      OrganizationId organization,
      UserId user,
      String name,
      Set<Permission> permissions,
      Optional<Instant> expiresAt) {
    Secret secret = Secret.random();
    if (!register(organization, user, name, permissions, expiresAt, secret)) {
      throw OperationFailure.conflict(
          "there is a key named " + name + " already; choose another name");
    }
    return secret;
  }

  private boolean register(
      OrganizationId organization,
      UserId user,
      String name,
      Set<Permission> permissions,
      Optional<Instant> expiresAt,
      Secret secret) {
    if (name.isBlank() || name.length() > NAME_LENGTH_MAX) {
      throw OperationFailure.badRequest("name must have 1 to " + NAME_LENGTH_MAX + " characters");
    }
    return store.insert(
        new ApiKey(
            organization,
            user,
            name,
            secret.hash(),
            secret.prefix(),
            secret.suffix(),
            permissions,
            clock.instant(),
            Optional.empty(),
            expiresAt));
  }

  public List<ApiKey> list(OrganizationId organization) {
    return store.apiKeys(organization);
  }

  /// Revokes a key, at once and everywhere.
  ///
  /// @throws OperationFailure NOT_FOUND when there is none of that name
  public void revoke(OrganizationId organization, UserId user, String name) {
    if (store.delete(organization, user, name).isEmpty()) {
      throw OperationFailure.notFound("there is no key named " + name);
    }
  }

  /// Sees to it that a key of that name exists.
  ///
  /// @param chosen the key to have, replacing another; empty: any
  /// @return the key in the clear if it was made now
  public Optional<Secret> ensure(
      OrganizationId organization,
      UserId user,
      String name,
      Set<Permission> permissions,
      Optional<Secret> chosen) {
    boolean present = chosen.flatMap(secret -> store.apiKey(secret.hash())).isPresent();
    if (present) {
      return Optional.empty();
    }
    if (chosen.isPresent()) {
      store.delete(organization, user, name);
      register(organization, user, name, permissions, Optional.empty(), chosen.get());
      return Optional.empty();
    }
    Secret secret = Secret.random();
    boolean made = register(organization, user, name, permissions, Optional.empty(), secret);
    return made ? Optional.of(secret) : Optional.empty();
  }

  /// As {@link #ensure}, for a runner's key.
  public Optional<Secret> ensureRunner(RunnerId runner, Optional<Secret> chosen) {
    return ensureMachine(
        "runner:" + runner, KeyStore.MachineKind.RUNNER, Optional.of(runner), chosen);
  }

  /// Revokes the keys of all runners but these.
  public void retainRunners(Collection<RunnerId> known) {
    store.retainRunnerKeys(known);
  }

  /// As {@link #ensure}, for the proxy's key.
  public Optional<Secret> ensureProxy(Optional<Secret> chosen) {
    return ensureMachine("proxy", KeyStore.MachineKind.PROXY, Optional.empty(), chosen);
  }

  /// As {@link #ensure}, for the key of monitors.
  public Optional<Secret> ensureHealth(Optional<Secret> chosen) {
    return ensureMachine("health", KeyStore.MachineKind.HEALTH, Optional.empty(), chosen);
  }

  private Optional<Secret> ensureMachine(
      String name, KeyStore.MachineKind kind, Optional<RunnerId> runner, Optional<Secret> chosen) {
    if (chosen.isEmpty() && store.hasMachineKey(name)) {
      return Optional.empty();
    }
    Secret secret = chosen.orElseGet(Secret::random);
    store.putMachineKey(name, kind, runner, secret.hash(), clock.instant());
    return chosen.isPresent() ? Optional.empty() : Optional.of(secret);
  }
}
