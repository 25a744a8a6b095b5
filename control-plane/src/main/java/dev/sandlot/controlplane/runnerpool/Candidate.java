package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.model.RunnerId;

/// A runner that has room for a sandbox, as placement sees it.
///
/// @param memoryLeft GiB that may still be promised
/// @param hasSnapshot whether the sandbox's snapshot is there
public record Candidate(RunnerId runner, double memoryLeft, boolean hasSnapshot) {}
