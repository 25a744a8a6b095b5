package dev.sandlot.controlplane.operation;

import java.util.Optional;

/// What the control plane knows of an operation before it serves it.
///
/// @param access who may call
/// @param resource what the path names, and must be the caller's; empty when it names nothing that
///   belongs to somebody
/// @param audit empty: calls are not written to the audit log
/// @param rate which counter calls count in
public record Rules(
    Access access, Optional<Resource<?>> resource, Optional<Audit> audit, RateClass rate) {}
