package dev.sandlot.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// An IPv4 range in CIDR form, "203.0.113.0/24". Decimal octets without leading zeros; a bare
/// address counts as /32; bits below the prefix are cleared.
///
/// @param address the first address, as an unsigned 32-bit number
/// @param prefix length of the prefix, 0 to 32
public record Ipv4Range(int address, int prefix) {
  private static final int OCTETS = 4;
  private static final int OCTET_MAX = 255;
  private static final int PREFIX_MAX = 32;
  private static final int TEXT_MAX = "255.255.255.255/32".length();

  /// What no sandbox reaches: this host, private, shared, link-local, multicast and reserved ranges
  /// (RFC 6890), and the one public address at which a cloud (Azure) serves its machines' secrets.
  /// Documentation ranges stay open: they lead nowhere.
  public static final List<Ipv4Range> CLOSED =
      List.of(
          of("0.0.0.0/8"),
          of("10.0.0.0/8"),
          of("100.64.0.0/10"),
          of("127.0.0.0/8"),
          of("168.63.129.16/32"),
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
    if (text.length() > TEXT_MAX) {
      return Optional.empty();
    }
    int slash = text.indexOf('/');
    String[] octets = (slash < 0 ? text : text.substring(0, slash)).split("\\.", -1);
    OptionalInt prefix =
        slash < 0 ? OptionalInt.of(PREFIX_MAX) : number(text.substring(slash + 1), PREFIX_MAX);
    if (octets.length != OCTETS || prefix.isEmpty()) {
      return Optional.empty();
    }
    int address = 0;
    for (String each : octets) {
      OptionalInt octet = number(each, OCTET_MAX);
      if (octet.isEmpty()) {
        return Optional.empty();
      }
      address = address << 8 | octet.getAsInt();
    }
    return Optional.of(new Ipv4Range(address, prefix.getAsInt()));
  }

  /// ASCII digits without a leading zero.
  private static OptionalInt number(String text, int max) {
    boolean sound =
        !text.isEmpty()
            && text.length() <= 3
            && text.chars().allMatch(letter -> letter >= '0' && letter <= '9')
            && (text.length() == 1 || text.charAt(0) != '0');
    int value = sound ? Integer.parseInt(text) : -1;
    return value >= 0 && value <= max ? OptionalInt.of(value) : OptionalInt.empty();
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
