package dev.sandlot.agentclient;

/// How an agent introduces itself.
///
/// @param version of its release
/// @param protocol counts the additions to api/agent.proto that it knows
/// @param configured whether the sandbox has been given its identity
public record AgentHello(String version, int protocol, boolean configured) {}
