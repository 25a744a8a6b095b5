package dev.sandlot.controlplane.sandbox;

import dev.sandlot.http.BodyReader;
import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OperationFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a client asks for in what a sandbox may reach
/// (docs/contract/sandboxes.md#network-settings).
///
/// @param blockAll whether nothing may be reached; empty when it is not said
/// @param ranges the only ones to be reached; of no entry: no list; empty when it is not said
record NetworkChange(Optional<Boolean> blockAll, Optional<List<Ipv4Range>> ranges) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static NetworkChange read(BodyReader body) {
    if (body.asks("domainAllowList")) {
      throw body.refused(
          "domainAllowList", "is not supported by this server yet; use networkAllowList");
    }
    return of(
        body.flag("networkBlockAll"), body.text("networkAllowList", RequestLimits.LIST_LENGTH_MAX));
  }

  /// @param allowList comma list of CIDR ranges
  /// @throws OperationFailure BAD_REQUEST when it is not one, names a closed range, or is too long
  static NetworkChange of(Optional<Boolean> blockAll, Optional<String> allowList) {
    return new NetworkChange(blockAll, allowList.map(NetworkChange::ranges));
  }

  /// For a new sandbox. Blocking all wins over a list.
  NetworkPolicy policy() {
    return policy(blockAll.orElse(false), ranges.orElse(List.of()));
  }

  /// For a sandbox that has a policy: blocking clears the list; a list ends the blocking, and so
  /// does `false`, which also clears the list if none comes with it.
  ///
  /// @throws OperationFailure BAD_REQUEST when nothing is asked for
  NetworkPolicy policy(NetworkPolicy before) {
    if (blockAll.isEmpty() && ranges.isEmpty()) {
      throw OperationFailure.badRequest("give networkBlockAll or networkAllowList");
    }
    boolean listed = ranges.filter(list -> !list.isEmpty()).isPresent();
    boolean kept = blockAll.isEmpty() && !listed && before.blocksAll();
    return policy(blockAll.orElse(kept), ranges.orElse(List.of()));
  }

  private static NetworkPolicy policy(boolean block, List<Ipv4Range> ranges) {
    if (block) {
      return new NetworkPolicy.BlockAll();
    }
    return ranges.isEmpty() ? new NetworkPolicy.Internet() : new NetworkPolicy.AllowList(ranges);
  }

  private static List<Ipv4Range> ranges(String list) {
    if (list.isBlank()) {
      return List.of();
    }
    List<Ipv4Range> ranges = new ArrayList<>();
    for (String entry : list.split(",", -1)) {
      String text = entry.strip();
      Ipv4Range range =
          Ipv4Range.parse(text)
              .filter(_ -> text.contains("/"))
              .orElseThrow(() ->
                  OperationFailure.badRequest(
                      "networkAllowList must be a comma list of IPv4 ranges such as"
                          + " 203.0.113.0/24; one of its entries is not"));
      if (range.isClosed()) {
        throw OperationFailure.badRequest(
            "networkAllowList must not name "
                + range
                + ": private, link-local and reserved ranges stay closed to sandboxes");
      }
      ranges.add(range);
    }
    if (ranges.size() > NetworkPolicy.RANGES_MAX) {
      throw OperationFailure.badRequest(
          "networkAllowList may have at most " + NetworkPolicy.RANGES_MAX + " entries");
    }
    return ranges;
  }
}
