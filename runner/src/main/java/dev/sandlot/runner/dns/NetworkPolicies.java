package dev.sandlot.runner.dns;

import dev.sandlot.model.NetworkPolicy;
import java.net.InetAddress;
import java.util.Optional;

/// Finds network policies by address.
@FunctionalInterface
public interface NetworkPolicies {
  /// The policy of the sandbox that has this address; empty when none has it.
  Optional<NetworkPolicy> at(InetAddress address);
}
