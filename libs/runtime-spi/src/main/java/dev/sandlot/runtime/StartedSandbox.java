package dev.sandlot.runtime;

import java.nio.file.Path;
import java.time.Duration;

/// A sandbox whose engine runs.
///
/// @param agentSocket Unix socket that speaks gRPC with the agent (api/agent.proto)
/// @param address its IPv4 address
/// @param network how long its network took
/// @param storage how long its file systems took
/// @param engine how long the engine took
public record StartedSandbox(
    Path agentSocket, String address, Duration network, Duration storage, Duration engine) {}
