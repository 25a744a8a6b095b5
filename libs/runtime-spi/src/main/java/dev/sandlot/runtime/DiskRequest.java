package dev.sandlot.runtime;

import dev.sandlot.model.SandboxId;

/// A disk to create.
///
/// @param image the image's id on this machine
/// @param hostName host name of the sandbox, `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
/// @param diskBytes the quota
public record DiskRequest(SandboxId id, String image, String hostName, long diskBytes) {}
