package dev.sandlot.model.job;

import dev.sandlot.model.NetworkPolicy;

/// The payload of UPDATE_SANDBOX_NETWORK_SETTINGS jobs (docs/contract/runners.md#jobs).
///
/// @param networkBlockAll nothing may be reached
/// @param networkAllowList comma list of CIDR ranges, empty for none
public record NetworkJob(boolean networkBlockAll, String networkAllowList) implements JobPayload {
  /// Of a policy.
  public static NetworkJob of(NetworkPolicy policy) {
    return new NetworkJob(policy.blocksAll(), policy.allowList());
  }

  /// What may be reached.
  ///
  /// @throws IllegalArgumentException when the list is not one
  public NetworkPolicy policy() {
    return NetworkPolicy.of(networkBlockAll, networkAllowList);
  }
}
