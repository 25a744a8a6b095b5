package dev.sandlot.runtime;

import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import java.nio.file.Path;
import java.util.Optional;

/// A sandbox's disk, and what runs on it.
///
/// @param image that the disk was created from
/// @param diskBytes the quota
/// @param running whether the engine runs
/// @param engine which one runs, or ran last
/// @param address while it runs
/// @param limits while it runs
/// @param network what it may reach, while it runs
/// @param agentSocket while it runs
/// @param exit how it ended; until the next start
public record HostedDisk(
    SandboxId id,
    String image,
    long diskBytes,
    boolean running,
    Optional<String> engine,
    Optional<String> address,
    Optional<SandboxLimits> limits,
    Optional<NetworkPolicy> network,
    Optional<Path> agentSocket,
    Optional<EngineExit> exit) {}
