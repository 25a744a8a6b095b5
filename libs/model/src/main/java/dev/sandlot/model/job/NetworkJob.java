package dev.sandlot.model.job;

/// The payload of UPDATE_SANDBOX_NETWORK_SETTINGS jobs (docs/contract/runners.md#jobs).
///
/// @param networkBlockAll nothing may be reached
/// @param networkAllowList comma list of CIDR ranges, empty for none
public record NetworkJob(boolean networkBlockAll, String networkAllowList) implements JobPayload {}
