package dev.sandlot.runtime;

import java.net.InetSocketAddress;

/// A machine and its engine.
///
/// @param engineVersion as the engine reports it
/// @param usable whether sandboxes can be started
/// @param reason why not; empty when they can
/// @param poolBytes size of the disk pool
/// @param poolFreeBytes free space in it
/// @param dns where sandboxes send their name look-ups
/// @param sandboxesMax how many may run at a time
public record HostDescription(
    String engineVersion,
    boolean usable,
    String reason,
    long poolBytes,
    long poolFreeBytes,
    InetSocketAddress dns,
    int sandboxesMax) {}
