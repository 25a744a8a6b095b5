package dev.sandlot.model.job;

import dev.sandlot.model.NetworkPolicy;
import java.util.Map;

/// The payload of CREATE_SANDBOX and START_SANDBOX jobs: all that a runner needs to bring a sandbox
/// up, so that it keeps no record of its own (docs/contract/runners.md#jobs, keys that we use). A
/// start whose disk is gone fails; a create makes it.
///
/// @param id the sandbox
/// @param name for the host name inside
/// @param snapshot the image's id on the runner
/// @param osUser whom commands run as
/// @param cpuQuota cores
/// @param memoryQuota GiB
/// @param storageQuota GiB
/// @param env the user's variables, and those that tell a sandbox who it is
/// @param networkBlockAll nothing may be reached
/// @param networkAllowList comma list of CIDR ranges, empty for none
/// @param organizationId whose it is
/// @param regionId where it is
public record SandboxJob(
    String id,
    String name,
    String snapshot,
    String osUser,
    int cpuQuota,
    int memoryQuota,
    int storageQuota,
    Map<String, String> env,
    boolean networkBlockAll,
    String networkAllowList,
    String organizationId,
    String regionId)
    implements JobPayload {
  public SandboxJob {
    env = Map.copyOf(env);
  }

  /// What may be reached.
  ///
  /// @throws IllegalArgumentException when the list is not one
  public NetworkPolicy network() {
    return NetworkPolicy.of(networkBlockAll, networkAllowList);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "SandboxJob[id=" + id + ", snapshot=" + snapshot + ", osUser=" + osUser + "]";
  }
}
