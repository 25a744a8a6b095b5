package dev.sandlot.runner.dns;

import dev.sandlot.model.Ipv4Range;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.xbill.DNS.Name;

/// Names of private networks. They are never looked up for a sandbox, since the host's name server
/// may know them.
final class PrivateNames {
  /// Reserved for private use (RFC 6303, 6761, 6762, 7686, 8375, 9476 and ICANN), or used so.
  private static final Set<String> ENDINGS =
      Set.of(
          "alt",
          "consul",
          "corp",
          "home",
          "internal",
          "intranet",
          "invalid",
          "lan",
          "local",
          "localdomain",
          "localhost",
          "onion",
          "private",
          "test");

  private static final Name HOME = Name.fromConstantString("home.arpa.");
  private static final Name REVERSE = Name.fromConstantString("in-addr.arpa.");
  private static final Name REVERSE_IPV6 = Name.fromConstantString("ip6.arpa.");
  private static final int OCTETS = 4;

  private final List<Ipv4Range> closed;

  /// @param closed ranges whose reverse names are private
  PrivateNames(List<Ipv4Range> closed) {
    this.closed = List.copyOf(closed);
  }

  /// Whether the name is private. So is a name without a dot, and the reverse name of an address
  /// that no sandbox may reach, or of a network.
  boolean contains(Name name) {
    if (name.subdomain(REVERSE)) {
      return reversed(name).map(this::isClosed).orElse(true);
    }
    int labels = name.labels() - 1; // the last one is the root
    return labels == 1
        || name.subdomain(HOME)
        || name.subdomain(REVERSE_IPV6)
        || labels > 1 && ENDINGS.contains(name.getLabelString(labels - 1).toLowerCase(Locale.ROOT));
  }

  private boolean isClosed(Ipv4Range address) {
    return closed.stream().anyMatch(range -> range.contains(address));
  }

  private static Optional<Ipv4Range> reversed(Name name) {
    if (name.labels() - REVERSE.labels() != OCTETS) {
      return Optional.empty();
    }
    StringBuilder address = new StringBuilder();
    for (int octet = OCTETS - 1; octet >= 0; octet--) {
      address.append(name.getLabelString(octet)).append(octet > 0 ? "." : "");
    }
    return Ipv4Range.parse(address.toString());
  }
}
