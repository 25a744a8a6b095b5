package dev.sandlot.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a sandbox may reach. The host, its networks and other sandboxes are closed under each of
/// them. The one type from a client's request to the launcher; where it travels or is stored, it is
/// two fields: a flag that blocks everything, and a list of ranges.
public sealed interface NetworkPolicy {

  /// The Internet, but no closed range ({@link Ipv4Range#CLOSED}).
  record Internet() implements NetworkPolicy {}

  /// Nothing at all, name resolution included.
  record BlockAll() implements NetworkPolicy {}

  /// Only these ranges, and never a closed one. 1 to {@link #RANGES_MAX}.
  record AllowList(List<Ipv4Range> ranges) implements NetworkPolicy {
    public AllowList {
      ranges = List.copyOf(ranges);
      if (ranges.isEmpty() || ranges.size() > RANGES_MAX) {
        throw new IllegalArgumentException("an allow list holds 1 to " + RANGES_MAX + " ranges");
      }
    }
  }

  /// The contract's limit on entries of an allow list.
  int RANGES_MAX = 10;

  /// Reads the two fields. Blocking wins over a list.
  ///
  /// @param allowList comma list of CIDR ranges; null or blank for none
  /// @throws IllegalArgumentException when the list is not one
  static NetworkPolicy of(boolean blockAll, @Nullable String allowList) {
    if (blockAll) {
      return new BlockAll();
    }
    if (allowList == null || allowList.isBlank()) {
      return new Internet();
    }
    List<Ipv4Range> ranges = new ArrayList<>();
    for (String text : allowList.split(",", -1)) {
      ranges.add(Ipv4Range.of(text.strip()));
    }
    return new AllowList(ranges);
  }

  /// The first of the two fields: whether nothing may be reached.
  default boolean blocksAll() {
    return this instanceof BlockAll;
  }

  /// The second of the two fields: ranges in CIDR form with commas between; empty for none.
  default String allowList() {
    return this instanceof AllowList(List<Ipv4Range> ranges)
        ? ranges.stream().map(Ipv4Range::toString).collect(Collectors.joining(","))
        : "";
  }
}
