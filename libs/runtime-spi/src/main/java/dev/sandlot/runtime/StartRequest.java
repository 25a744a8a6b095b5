package dev.sandlot.runtime;

import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;

/// A sandbox to start.
public record StartRequest(SandboxId id, SandboxLimits limits, NetworkPolicy network) {}
