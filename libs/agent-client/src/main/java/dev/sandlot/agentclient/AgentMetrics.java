package dev.sandlot.agentclient;

/// Memory as a sandbox's own kernel counts it.
public record AgentMetrics(long memoryTotalBytes, long memoryUsedBytes, long memoryCachedBytes) {}
