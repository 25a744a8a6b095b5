package dev.sandlot.controlplane.snapshot;

/// An image that a runner says it has.
///
/// @param ref its id there
/// @param sizeBytes what it takes on the runner's disk
public record ReportedImage(String ref, long sizeBytes) {}
