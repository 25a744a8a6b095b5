package dev.sandlot.controlplane.access;

import dev.sandlot.controlplane.operation.Caller;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.UserId;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Where keys are kept, by their hash. Each method is one transaction.
public interface KeyStore {
  /// Whose key this is.
  ///
  /// @param expiresAt empty: never
  record Holder(Caller caller, Optional<Instant> expiresAt) {}

  Optional<Holder> holder(String hash);

  Optional<ApiKey> apiKey(String hash);

  List<ApiKey> apiKeys(OrganizationId organization);

  /// @return false when the user has a key of that name in the organisation
  boolean insert(ApiKey key);

  /// @return the hash of what was removed
  Optional<String> delete(OrganizationId organization, UserId user, String name);

  void used(String hash, Instant now);

  /// Sets the key of one of our processes, replacing an earlier one of that name.
  void putMachineKey(
      String name, MachineKind kind, Optional<RunnerId> runner, String hash, Instant now);

  boolean hasMachineKey(String name);

  /// Removes the keys of runners other than these.
  void retainRunnerKeys(Collection<RunnerId> runners);

  /// Which of our processes.
  enum MachineKind {
    RUNNER,
    PROXY,
    HEALTH
  }
}
