package dev.sandlot.runtime;

import java.time.Duration;

/// What a sandbox uses now.
///
/// @param cpuUsed since its start
/// @param processes of the host, the engine's own included
/// @param diskUsedBytes counted against the quota
/// @param outOfMemoryKills since its start
public record SandboxUsage(
    HostedDisk disk,
    Duration cpuUsed,
    long memoryBytes,
    long processes,
    long diskUsedBytes,
    long outOfMemoryKills) {}
