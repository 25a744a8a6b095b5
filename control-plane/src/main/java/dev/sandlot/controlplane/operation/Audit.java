package dev.sandlot.controlplane.operation;

/// What the audit log calls an operation, in the contract's words.
///
/// @param action "start"
/// @param target the kind of resource it is done to, "sandbox"
public record Audit(String action, String target) {}
