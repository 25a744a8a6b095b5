package dev.sandlot.model;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An IPv4 range in CIDR form, "203.0.113.0/24". Decimal octets without leading zeros; a bare
/// address counts as /32; bits below the prefix are cleared.
///
/// @param address the first address, as an unsigned 32-bit number
/// @param prefix length of the prefix, 0 to 32
public record Ipv4Range(int address, int prefix) {
  private static final String OCTET = "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
  private static final Pattern FORM =
      Pattern.compile(
          OCTET + "\\." + OCTET + "\\." + OCTET + "\\." + OCTET + "(?:/([0-9]|[12][0-9]|3[0-2]))?");

  /// What no sandbox reaches unless an operator opens it: this host, private, shared, link-local,
  /// multicast and reserved ranges (RFC 6890). Documentation ranges stay open: they lead nowhere.
  public static final List<Ipv4Range> CLOSED =
      List.of(
          of("0.0.0.0/8"),
          of("10.0.0.0/8"),
          of("100.64.0.0/10"),
          of("127.0.0.0/8"),
          of("169.254.0.0/16"),
          of("172.16.0.0/12"),
          of("192.0.0.0/24"),
          of("192.168.0.0/16"),
          of("198.18.0.0/15"),
          of("224.0.0.0/4"),
          of("240.0.0.0/4"));

  public Ipv4Range {
    if (prefix < 0 || prefix > 32) {
      throw new IllegalArgumentException("prefix must be between 0 and 32: " + prefix);
    }
    address &= mask(prefix);
  }

  /// Reads a range; any other spelling is none.
  public static Optional<Ipv4Range> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int address = 0;
    for (int group = 1; group <= 4; group++) {
      address = address << 8 | Integer.parseInt(matcher.group(group));
    }
    String prefix = matcher.group(5);
    return Optional.of(new Ipv4Range(address, prefix == null ? 32 : Integer.parseInt(prefix)));
  }

  /// Reads a range that our own code wrote.
  ///
  /// @throws IllegalArgumentException when it is not one
  public static Ipv4Range of(String text) {
    return parse(text)
        .orElseThrow(() -> new IllegalArgumentException("not an IPv4 range: " + text));
  }

  /// Whether every address of the other range is also in this one.
  public boolean contains(Ipv4Range other) {
    return other.prefix >= prefix && (other.address & mask(prefix)) == address;
  }

  /// Whether the range lies wholly within one of {@link #CLOSED}.
  public boolean isClosed() {
    return CLOSED.stream().anyMatch(closed -> closed.contains(this));
  }

  private static int mask(int prefix) {
    return prefix == 0 ? 0 : -1 << (32 - prefix);
  }

  @Override
  public String toString() {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 255)
        + "."
        + (address >>> 8 & 255)
        + "."
        + (address & 255)
        + "/"
        + prefix;
  }
}
