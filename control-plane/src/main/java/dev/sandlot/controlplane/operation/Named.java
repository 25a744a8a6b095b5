package dev.sandlot.controlplane.operation;

/// The thing that a call named and got, left with its exchange for the audit log.
record Named(String id) {}
