package dev.sandlot.runtime;

import dev.sandlot.model.SandboxId;

/// A disk to be made.
///
/// @param image the image's id on this machine
/// @param hostName what the sandbox calls itself, `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
/// @param diskBytes the quota
public record DiskRequest(SandboxId id, String image, String hostName, long diskBytes) {}
