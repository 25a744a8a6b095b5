package dev.sandlot.agentclient;

/// Whom processes of a sandbox run as, and where.
///
/// @param home absolute
/// @param workingDirectory absolute
/// @param shell absolute path of the shell that takes commands
public record Account(String home, String workingDirectory, String shell) {}
