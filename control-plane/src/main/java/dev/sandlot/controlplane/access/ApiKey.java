package dev.sandlot.controlplane.access;

import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.UserId;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// A user's key as it is kept. Organisation, user and name together name it.
///
/// @param hash SHA-256, hexadecimal
/// @param prefix its first three characters
/// @param suffix its last three characters
/// @param expiresAt empty: never
public record ApiKey(
    OrganizationId organization,
    UserId user,
    String name,
    String hash,
    String prefix,
    String suffix,
    Set<Permission> permissions,
    Instant createdAt,
    Optional<Instant> lastUsedAt,
    Optional<Instant> expiresAt) {
  public ApiKey {
    permissions = Set.copyOf(permissions);
  }

  /// How a key is shown after its first time.
  public String masked() {
    return prefix + "*".repeat(20) + suffix;
  }
}
