package dev.sandlot.model;

import java.util.List;

/// What a sandbox may reach. The host, its networks and other sandboxes are closed under each of
/// them.
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
}
