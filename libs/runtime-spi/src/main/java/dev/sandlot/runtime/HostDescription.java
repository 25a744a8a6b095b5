package dev.sandlot.runtime;

import java.net.InetSocketAddress;

/// A machine and its engine.
///
/// @param engineVersion as the engine tells it
/// @param usable whether sandboxes can be started
/// @param reason why not; empty when they can
/// @param poolBytes all the room for disks
/// @param poolFreeBytes what is left of it
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
