package dev.sandlot.model.job;

/// The payload of STOP_SANDBOX jobs.
///
/// @param force end it at once, without giving its processes time to finish
public record StopJob(boolean force) implements JobPayload {}
