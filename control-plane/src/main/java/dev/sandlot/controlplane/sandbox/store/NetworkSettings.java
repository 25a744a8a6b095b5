package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OperationFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a sandbox may reach, as clients set it.
///
/// @param blockAll nothing at all
/// @param allowList comma list of CIDR ranges, the only ones to be reached; empty: the Internet
public record NetworkSettings(boolean blockAll, String allowList) {
  /// The Internet, but no private range.
  public static final NetworkSettings INTERNET = new NetworkSettings(false, "");

  /// For a new sandbox. Blocking all wins over a list.
  public static NetworkSettings of(Optional<Boolean> blockAll, Optional<String> allowList) {
    boolean block = blockAll.orElse(false);
    String list = allowList.map(NetworkSettings::checked).orElse("");
    return new NetworkSettings(block, block ? "" : list);
  }

  /// As docs/contract/sandboxes.md#network-settings says: blocking clears the list; a list ends the
  /// blocking, and so does `false`, which also clears the list if none comes with it.
  ///
  /// @throws OperationFailure BAD_REQUEST when neither is given or the list is not one
  public NetworkSettings changed(Optional<Boolean> block, Optional<String> list) {
    if (block.isEmpty() && list.isEmpty()) {
      throw OperationFailure.badRequest("give networkBlockAll or networkAllowList");
    }
    String checked = list.map(NetworkSettings::checked).orElse("");
    if (block.orElse(false)) {
      return new NetworkSettings(true, "");
    }
    if (!checked.isEmpty() || block.isPresent()) {
      return new NetworkSettings(false, checked);
    }
    return new NetworkSettings(blockAll, "");
  }

  private static String checked(String list) {
    if (list.isBlank()) {
      return "";
    }
    List<String> ranges = new ArrayList<>();
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
      ranges.add(range.toString());
    }
    if (ranges.size() > NetworkPolicy.RANGES_MAX) {
      throw OperationFailure.badRequest(
          "networkAllowList may have at most " + NetworkPolicy.RANGES_MAX + " entries");
    }
    return String.join(",", ranges);
  }
}
