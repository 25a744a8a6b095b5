package dev.sandlot.controlplane.region;

import dev.sandlot.model.OrganizationId;
import java.time.Instant;
import java.util.Optional;

/// A place where sandboxes run.
///
/// @param id what sandboxes call their target
/// @param organization empty: shared by all
/// @param type "shared", "dedicated" or "custom"
public record Region(
    String id,
    String name,
    Optional<OrganizationId> organization,
    String type,
    Instant createdAt,
    Instant updatedAt) {}
